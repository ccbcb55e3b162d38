"""What only the tables know of models that are exported."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ARRAY, BigInteger, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.models.models import ModelRow


async def tokenizers(session: AsyncSession, numbers: Sequence[int]) -> dict[int, str]:
    """The tokenizers of models, by their number; the graph in memory does not have them."""
    query = select(ModelRow.number, ModelRow.tokenizer).where(
        # One array, since a statement takes only 32,767 parameters.
        ModelRow.number == any_(literal(numbers, ARRAY(BigInteger))),
        ModelRow.tokenizer.is_not(None),
    )
    return {row.number: row.tokenizer for row in await session.execute(query)}
