"""What only the tables know of models and edges that are exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from lineage.edges.models import EdgeRow
from lineage.models.models import ModelRow, RevisionRow
from mergehub.kit.database.database import AnyRow


async def edges(session: AsyncSession, ids: Sequence[int]) -> dict[int, AnyRow]:
    """The details of edges, by their id."""
    child, parent = aliased(RevisionRow), aliased(RevisionRow)
    query = (
        select(
            EdgeRow.id,
            child.digest.label("child_digest"),
            parent.digest.label("parent_digest"),
            EdgeRow.layers,
            EdgeRow.recipe_version,
            EdgeRow.run,
            EdgeRow.evidence,
            EdgeRow.made_on,
            EdgeRow.created_at,
        )
        .join(child, child.id == EdgeRow.child_revision, isouter=True)
        .join(parent, parent.id == EdgeRow.parent_revision, isouter=True)
        .where(EdgeRow.id == _one_of(ids))
    )
    return {row.id: row for row in await session.execute(query)}


async def tokenizers(session: AsyncSession, numbers: Sequence[int]) -> dict[int, str]:
    """The tokenizers of models, by their number; the graph in memory does not have them."""
    query = select(ModelRow.number, ModelRow.tokenizer).where(
        ModelRow.number == _one_of(numbers), ModelRow.tokenizer.is_not(None)
    )
    return {row.number: row.tokenizer for row in await session.execute(query)}


def _one_of(numbers: Sequence[int]) -> ColumnElement[Any]:
    """Any of these: as one array, since a statement takes only 32,767 parameters."""
    return any_(literal(numbers, ARRAY(BigInteger)))
