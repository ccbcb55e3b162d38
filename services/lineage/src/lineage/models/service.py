"""How models are read."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.models import parents, repository, schemas
from lineage.models.models import ModelRow
from lineage.scores.scores import Scores
from mergehub.contracts.lineage_names import composed
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.problems.problem import NotFound


class ModelNotFound(NotFound):
    """No model has this id in the graph."""

    code, title = "model-not-found", "Model not found"
    remedy = "Find the model's id with `GET /v1/models?name=…`."


async def get(session: AsyncSession, model_id: UUID) -> ModelRow:
    """Return a model's row. Raises ModelNotFound."""
    found = await repository.find(session, model_id)
    if found is None:
        raise not_found(model_id)
    return found


def not_found(model_id: UUID) -> ModelNotFound:
    return ModelNotFound(
        f"No model has the id {model_id}; `GET /v1/models?name=…` finds one by its name."
    )


async def detail(session: AsyncSession, model_id: UUID, scores: Scores) -> schemas.ModelDetail:
    """Return a model with its names, revisions and score. Raises ModelNotFound."""
    model = await get(session, model_id)
    names = await repository.names(session, model_id)
    revisions = await repository.revisions(session, model_id)
    return schemas.ModelDetail(
        **schemas.Model.model_validate(model).model_dump(),
        kind=await parents.kind(session, model.number),
        **scores.of_one(model.number)._asdict(),
        names=[
            *(schemas.ModelName.model_validate(row) for row in names),
            schemas.ModelName(name=model.name, since=model.named_at),
        ],
        revisions=[schemas.Revision.model_validate(row) for row in revisions],
        flags=[
            schemas.Flag.model_validate(row)
            for row in await repository.flags(session, model.number)
        ],
        claims=[
            schemas.Claim.model_validate(row) for row in await parents.claims(session, model.number)
        ],
        refused_parents=[
            schemas.RefusedParent.model_validate(row)
            for row in await parents.refused(session, model.number)
        ],
        withdrawn_parents=[
            schemas.WithdrawnParent.model_validate(row)
            for row in await parents.withdrawn(session, model.number)
        ],
    )


async def page(session: AsyncSession, *, name: str | None, asked: PageRequest) -> schemas.ModelPage:
    """Return a page of models by name. Raises BadCursor."""
    after = asked.after(str)
    found = await repository.page(session, name=name, after=after, limit=asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.name,))
    items = [_listed(row, None if name is None or _same(row.name, name) else name) for row in rows]
    return schemas.ModelPage(items=items, next_cursor=next_cursor)


def _listed(row: ModelRow, former: str | None) -> schemas.ListedModel:
    model = schemas.Model.model_validate(row).model_dump()
    return schemas.ListedModel(**model, former_name=former)


def _same(one: str, other: str) -> bool:
    """Whether two names are one, as the index of names has it: only ASCII letters have case."""
    return one.encode().lower() == composed(other).encode().lower()
