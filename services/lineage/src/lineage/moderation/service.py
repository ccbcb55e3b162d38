"""The rules of flags."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import changes
from lineage.models import repository
from lineage.models.models import FlagRow, ModelRow
from lineage.models.schemas import Flag
from lineage.models.service import not_found
from lineage.moderation.errors import AlreadyFlagged, FlagNotFound
from lineage.moderation.schemas import FlagCreate
from mergehub.kit.identity.tokens import Principal


async def flag(session: AsyncSession, model_id: UUID, body: FlagCreate, who: Principal) -> Flag:
    """Flag a model. Raises ModelNotFound and AlreadyFlagged."""
    model = await _locked(session, model_id)
    same = [FlagRow.model == model.number, FlagRow.kind == body.kind, FlagRow.cleared_at.is_(None)]
    if (there := await session.scalar(select(FlagRow.id).where(*same))) is not None:
        raise AlreadyFlagged(f"{model.name} is already {body.kind}, by the flag {there}.")
    row = FlagRow(model=model.number, set_by=who.account or who.name, **body.model_dump())
    session.add(row)
    await session.flush()
    await session.refresh(row)
    await changes.log(session, (), [model.number])
    return Flag.model_validate(row)


async def clear(session: AsyncSession, model_id: UUID, flag_id: int, who: Principal) -> None:
    """Clear a flag; once cleared, it stays so. Raises ModelNotFound and FlagNotFound."""
    model = await _locked(session, model_id)
    row = await session.get(FlagRow, flag_id)
    if row is None or row.model != model.number:
        raise FlagNotFound(f"The model {model.name} has no flag {flag_id}.")
    if row.cleared_at is None:
        row.cleared_at, row.cleared_by = func.now(), who.account or who.name
        await session.flush()
        await changes.log(session, (), [model.number])


async def _locked(session: AsyncSession, model_id: UUID) -> ModelRow:
    model = await repository.locked(session, model_id)
    if model is None:
        raise not_found(model_id)
    return model
