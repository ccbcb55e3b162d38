"""Withdrawing an edge that is not true, and restoring it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.edges.models import EdgeRow, WithdrawalRow
from lineage.learning import changes, counting, edge_rows, model_rows, refused
from lineage.learning.batch import Batch, Outcome, Statement
from lineage.learning.names import key
from lineage.learning.order import Order
from lineage.learning.service import learn
from lineage.models import service
from lineage.models.models import ModelRow
from lineage.moderation.errors import (
    AlreadyWithdrawn,
    ClosesCycle,
    EdgeNotFound,
    WithdrawalNotFound,
)
from lineage.moderation.schemas import Learned, Withdrawal, WithdrawalCreate
from mergehub.kit.identity.tokens import Principal

WITHDRAWN = Outcome.WITHDRAWN


async def withdraw(
    session: AsyncSession, model_id: UUID, edge_id: int, body: WithdrawalCreate, who: Principal
) -> Withdrawal:
    """Take an edge out of the graph, and learn what it had kept out.

    Raises ModelNotFound, EdgeNotFound and AlreadyWithdrawn.
    """
    child, edge = await _found(session, model_id, edge_id)
    if edge.withdrawal is not None:
        raise AlreadyWithdrawn(f"The edge {edge_id} of {child.name} is withdrawn.")
    row = WithdrawalRow(
        edge=edge.id,
        child=edge.child,
        parent=edge.parent,
        withdrawn_by=who.account or who.name,
        **body.model_dump(),
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    await _set(session, edge, row.id)
    learned = await _learn_refused(session, edge.parent)
    parent = await _model(session, edge.parent)
    return Withdrawal(
        edge=edge.id,
        child=child.id,
        parent=parent.id,
        parent_name=parent.name,
        relation=edge.relation,
        role=edge.role,
        reason=row.reason,
        evidence=row.evidence,
        withdrawn_by=row.withdrawn_by,
        withdrawn_at=row.withdrawn_at,
        learned=learned,
    )


async def restore(session: AsyncSession, model_id: UUID, edge_id: int, who: Principal) -> None:
    """Put an edge back. Raises ModelNotFound, EdgeNotFound, WithdrawalNotFound and ClosesCycle."""
    child, edge = await _found(session, model_id, edge_id)
    if edge.withdrawal is None:
        raise WithdrawalNotFound(f"The edge {edge_id} of {child.name} is not withdrawn.")
    parent = await _model(session, edge.parent)
    ranks = {child.number: child.rank, parent.number: parent.rank}
    order = Order(ranks, partial(edge_rows.above, session))
    if not await order.add(child.number, parent.number):
        raise ClosesCycle(
            f"The edge would close a cycle: {parent.name} comes from {child.name} now. Withdraw an "
            "edge between them first."
        )
    if order.moved:
        await model_rows.rank(session, {number: order.ranks[number] for number in order.moved})
    row = await session.get_one(WithdrawalRow, edge.withdrawal)
    row.restored_by, row.restored_at = who.account or who.name, func.now()
    await _set(session, edge, None)


async def _found(session: AsyncSession, model_id: UUID, edge_id: int) -> tuple[ModelRow, EdgeRow]:
    """The model and its edge, which no one else changes until the transaction ends."""
    await changes.lock(session, exclusive=True)
    child = await service.get(session, model_id)
    edge = await session.get(EdgeRow, edge_id)
    if edge is None or edge.child != child.number:
        raise EdgeNotFound(f"The model {child.name} has no edge {edge_id} to a parent.")
    await model_rows.lock(session, [edge.child, edge.parent])
    return child, edge


async def _set(session: AsyncSession, edge: EdgeRow, withdrawal: int | None) -> None:
    """Withdraw or restore an edge, with the counters of its parent."""
    pair = (edge.child, edge.parent)
    before = counting.uses(await edge_rows.between(session, [pair]))
    edge.withdrawal = withdrawal
    await session.flush()
    after = await edge_rows.between(session, [pair])
    counts = counting.differences({pair: before}, {pair: after})
    if counts:
        await model_rows.count(session, counts)
    await changes.log(session, [edge.id], [edge.child, edge.parent])


async def _learn_refused(session: AsyncSession, parent: int) -> list[Learned]:
    """Learn the refused edges that the withdrawn one had kept out, the strongest first."""
    again = await refused.through(session, parent)
    if not again:
        return []
    report = await learn(session, Batch([statement for _, statement in again]))
    outcomes = zip(again, report.outcomes, strict=True)
    kept = {id: (said, what) for (id, said), what in outcomes if what is not Outcome.REFUSED}
    await refused.forget(session, kept)
    return await _shown(session, [said for said, what in kept.values() if what is not WITHDRAWN])


async def _shown(session: AsyncSession, learned: Sequence[Statement]) -> list[Learned]:
    named = {key(name) for said in learned for name in (said.child, said.parent)}
    models = await model_rows.named(session, named)
    return [
        Learned(
            child=models[key(said.child)].id,
            child_name=said.child,
            parent=models[key(said.parent)].id,
            parent_name=said.parent,
            relation=said.told.relation,
            role=said.role,
        )
        for said in learned
    ]


async def _model(session: AsyncSession, number: int) -> ModelRow:
    return (await session.scalars(select(ModelRow).where(ModelRow.number == number))).one()
