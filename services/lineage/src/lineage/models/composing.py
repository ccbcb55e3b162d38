"""Renames models that were stored with letters and their accents apart, to NFC."""

from __future__ import annotations

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import changes
from lineage.models.changing import ModelNameTaken, rename
from lineage.models.models import ModelRow
from mergehub.contracts.lineage_names import composed

log = structlog.get_logger()

AT_ONCE = 1000
_IN_PARTS = text("models.name IS NOT NFC NORMALIZED")
_HAS_OTHER_LETTERS = func.octet_length(ModelRow.name) > func.char_length(ModelRow.name)


async def compose(session: AsyncSession) -> int:
    """Compose the names of some models; returns how many.

    Such a model keeps its id, and is found by its former name. One whose composed name is another
    model's stays as it is, since nobody knows which of them a later statement means.
    """
    query = select(ModelRow).where(ModelRow.alias_of.is_(None), _HAS_OTHER_LETTERS, _IN_PARTS)
    found = (await session.scalars(query.limit(AT_ONCE))).all()
    if not found:
        return 0
    await changes.lock(session, exclusive=True)  # as any renaming
    numbers = [row.number for row in found if await _is_renamed(session, row)]
    await changes.log(session, (), numbers)
    return len(numbers)


async def _is_renamed(session: AsyncSession, model: ModelRow) -> bool:
    id, name = model.id, composed(model.name)
    try:
        async with session.begin_nested():
            await rename(session, model, name)
    except ModelNameTaken as taken:
        log.warning("name.not_composed", model=str(id), name=name, reason=taken.detail)
        return False
    return True
