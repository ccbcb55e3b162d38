"""Queries on edges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

from sqlalchemy import BigInteger, and_, cast, exists, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import CTE

from lineage.edges.models import EdgeRow
from lineage.models.models import ModelRow, RevisionRow
from mergehub.kit.database.database import AnyRow

Direction = Literal["ancestors", "descendants"]

# Transactions that add edges wait here for each other, so that a check for cycles stays true.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.edges'))")


async def lock(session: AsyncSession) -> None:
    """Let no other transaction add edges until this one ends."""
    transaction = session.sync_session.get_transaction()
    if session.info.get("edges locked by") is not transaction:
        await session.execute(_LOCK)
        session.info["edges locked by"] = transaction


def _reach(start: int, direction: Direction) -> CTE:
    """`start` and all that is reached from it, each once, nearest first.

    UNION (not UNION ALL) drops models that were reached before, so that a ladder of diamonds takes
    linear time.
    """
    here, there = EdgeRow.child, EdgeRow.parent
    if direction == "descendants":
        here, there = there, here
    reached = select(cast(start, BigInteger).label("number")).cte("reached", recursive=True)
    return reached.union(select(there).join(reached, here == reached.c.number))


async def is_ancestor(session: AsyncSession, ancestor: int, of: int) -> bool:
    """Whether `ancestor` is `of` or one of the models that it came from.

    A model without descendants, as a newly merged one usually is, needs no walk.
    """
    reached = _reach(of, "ancestors")
    found = exists(select(reached.c.number).where(reached.c.number == ancestor))
    has_children = exists(select(EdgeRow.id).where(EdgeRow.parent == ancestor))
    return ancestor == of or bool(await session.scalar(select(and_(has_children, found))))


async def reached(
    session: AsyncSession, start: int, direction: Direction, limit: int
) -> Sequence[int]:
    """The `limit` nearest models from `start`, itself included.

    PostgreSQL evaluates a recursive query level by level and only as far as the LIMIT asks.
    """
    query = select(_reach(start, direction).c.number).limit(limit)
    return (await session.scalars(query)).all()


async def named(session: AsyncSession, numbers: Collection[int]) -> dict[int, AnyRow]:
    """The ids and names of models."""
    columns = select(ModelRow.number, ModelRow.id, ModelRow.name)
    rows = await session.execute(columns.where(ModelRow.number.in_(numbers)))
    return {row.number: row for row in rows}


async def edges_among(session: AsyncSession, numbers: Collection[int]) -> Sequence[AnyRow]:
    """Every edge with both ends in `numbers`, oldest first."""
    child, parent = aliased(RevisionRow), aliased(RevisionRow)
    query = (
        select(
            EdgeRow.child,
            EdgeRow.parent,
            child.digest.label("child_digest"),
            parent.digest.label("parent_digest"),
            EdgeRow.relation,
            EdgeRow.role,
            EdgeRow.method,
            EdgeRow.weight,
            EdgeRow.layers,
            EdgeRow.recipe_version,
            EdgeRow.run,
            EdgeRow.source,
        )
        .join(child, child.id == EdgeRow.child_revision, isouter=True)
        .join(parent, parent.id == EdgeRow.parent_revision, isouter=True)
        .where(EdgeRow.child.in_(numbers), EdgeRow.parent.in_(numbers))
        .order_by(EdgeRow.id)
    )
    return (await session.execute(query)).all()


async def insert_edge(session: AsyncSession, values: dict[str, Any]) -> int | None:
    """Add an edge; return its id, or None if the same edge exists."""
    added = insert(EdgeRow).values(values).on_conflict_do_nothing().returning(EdgeRow.id)
    return await session.scalar(added)


async def count_edge(session: AsyncSession, edge_id: int) -> None:
    """Raise the parent's counters if the edge's child is new to them. Needs the lock."""
    edge, other = aliased(EdgeRow), aliased(EdgeRow)
    alike = exists().where(
        other.id != edge.id, other.child == edge.child, other.parent == edge.parent
    )
    same_use = alike.where(other.relation == "merge", other.role == edge.role)
    new = select(
        edge.parent,
        (~alike).label("child"),
        ((edge.relation == "merge") & ~same_use).label("merge"),
        edge.role,
    ).where(edge.id == edge_id)
    row = (await session.execute(new)).one()
    await session.execute(
        update(ModelRow)
        .where(ModelRow.number == row.parent)
        .values(
            children_count=ModelRow.children_count + int(row.child),
            base_count=ModelRow.base_count + int(row.merge and row.role == "base"),
            ingredient_count=ModelRow.ingredient_count
            + int(row.merge and row.role == "ingredient"),
        )
        .execution_options(synchronize_session=False)
    )


async def popular(session: AsyncSession, role: str, limit: int) -> Sequence[ModelRow]:
    """The models that most merges used in this role."""
    count = ModelRow.base_count if role == "base" else ModelRow.ingredient_count
    query = select(ModelRow).where(count > 0).order_by(count.desc(), ModelRow.name).limit(limit)
    return (await session.scalars(query)).all()
