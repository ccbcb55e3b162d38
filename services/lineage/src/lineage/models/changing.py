"""Renaming a model, and changing the facts about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import changes
from lineage.models import repository, schemas, service
from lineage.models.models import ModelNameRow, ModelRow
from lineage.scores.scores import Scores
from lineage.trust import MANUAL
from mergehub.kit.entity_tags import etag_of
from mergehub.kit.problems.problem import Conflict

FACTS = ("architecture", "parameters", "tokenizer", "licence", "domains", "made_on")


class ModelNameTaken(Conflict):
    """Another model has or had this name; case does not distinguish names."""

    code, title = "model-name-taken", "The model name is taken"
    remedy = "Choose another name: former names lead to the model that had them."


async def change(
    session: AsyncSession,
    model_id: UUID,
    body: schemas.ModelUpdate,
    check: Callable[[str], None],
    scores: Scores,
) -> schemas.ModelDetail:
    """Rename a model and change facts about it.

    `check` gets the tag of the locked state. Raises ModelNotFound, ModelNameTaken, and what `check`
    raises.
    """
    given = body.model_dump(include=body.model_fields_set)
    name = given.pop("name", None)
    if name is not None:  # batches that are learned meanwhile might store a model of this name
        await changes.lock(session, exclusive=True)
    model = await repository.locked(session, model_id)
    if model is None:
        raise service.not_found(model_id)
    check(etag_of(await service.detail(session, model_id, scores)))
    if name is not None and name != model.name:
        await rename(session, model, name)
    _describe(model, given)
    await session.flush()
    await session.refresh(model)  # what is computed of a row that changed is forgotten
    await changes.log(session, (), [model.number])
    return await service.detail(session, model_id, scores)


async def rename(session: AsyncSession, model: ModelRow, name: str) -> None:
    """Give a model another name, and keep the former one. Raises ModelNameTaken."""
    bearer = await repository.bearer(session, name)
    if bearer is not None and bearer.id != model.id:
        raise ModelNameTaken(f"The model {bearer.id} has the name {bearer.name}.")
    once = await repository.once_bearer(session, name)
    if once is not None and once.id != model.id:
        raise ModelNameTaken(f"The model {once.id}, now {once.name}, had the name {name} before.")
    session.add(ModelNameRow(model_id=model.id, name=model.name, since=model.named_at))
    model.name, model.named_at = name, func.now()
    try:
        await session.flush()
    except IntegrityError as error:
        raise ModelNameTaken(f"An alias of another model has the name {name}.") from error
    await session.refresh(model)


def _describe(model: ModelRow, given: dict[str, Any]) -> None:
    for fact in FACTS:
        if fact in given:
            value = given[fact]
            setattr(model, fact, [] if fact == "domains" and value is None else value)
            model.source = MANUAL
