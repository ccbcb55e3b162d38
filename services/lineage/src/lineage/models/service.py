"""Reading models."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.models import refusals, repository, schemas
from lineage.models.models import ModelRow
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
        raise ModelNotFound(
            f"No model has the id {model_id}; `GET /v1/models?name=…` finds one by its name."
        )
    return found


async def detail(session: AsyncSession, model_id: UUID) -> schemas.ModelDetail:
    """Return a model with its names and revisions. Raises ModelNotFound."""
    model = await get(session, model_id)
    names = await repository.names(session, model_id)
    revisions = await repository.revisions(session, model_id)
    refused = await refusals.of(session, model.number)
    return schemas.ModelDetail(
        **schemas.Model.model_validate(model).model_dump(),
        names=[
            *(schemas.ModelName.model_validate(row) for row in names),
            schemas.ModelName(name=model.name, since=model.named_at),
        ],
        revisions=[schemas.Revision.model_validate(row) for row in revisions],
        refused_parents=[schemas.RefusedParent.model_validate(row) for row in refused],
    )


async def page(
    session: AsyncSession, *, name: str | None, prefix: str | None, asked: PageRequest
) -> schemas.ModelPage:
    """Return a page of models. Raises BadCursor."""
    after = asked.after(str)
    found = await repository.page(session, name=name, prefix=prefix, after=after, limit=asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.name,))
    items = [schemas.Model.model_validate(row) for row in rows]
    return schemas.ModelPage(items=items, next_cursor=next_cursor)
