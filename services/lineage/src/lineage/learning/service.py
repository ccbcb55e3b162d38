"""The rules by which the graph learns a batch: it keeps no cycle, and its counters stay true."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from functools import partial
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import changes, edge_rows, model_rows, names, refused, revisions
from lineage.learning.batch import Batch, Outcome, Report
from lineage.learning.claims import Key
from lineage.learning.edges import Edges
from lineage.learning.model_rows import NameTaken
from lineage.learning.names import Model, Models
from lineage.learning.order import Order, placed
from lineage.learning.revisions import Revisions

log = structlog.get_logger()

CYCLE: Final = "The child is already an ancestor of this parent, or is the parent."

TRIES = 20
"""How often a batch begins again because others store the same new models at the same time."""

Ends = Sequence[tuple[Model, Model]]
"""The child and the parent of each statement."""


class AgainstOrder(Exception):
    """An edge does not suit the order of models, which only the holder of the lock may change."""


async def learn(session: AsyncSession, batch: Batch, *, dry_run: bool = False) -> Report:
    """Take in a batch, and return what became of it; a dry run changes nothing.

    An edge that would close a cycle is recorded as refused, and the others are kept. Transactions
    may learn at the same time. One that has to change the order of models, or speaks of an edge
    that a moderator has withdrawn, begins again alone.
    """
    alone, tries = dry_run, 0
    while True:
        try:
            async with session.begin_nested():  # an error in it frees the locks
                if not dry_run:
                    await changes.lock(session, exclusive=alone)
                with _without_collector():
                    return await _learn(session, batch, alone=alone, dry_run=dry_run)
        except AgainstOrder:
            alone = True
        except NameTaken:
            tries += 1
            log.info("learning.again", tries=tries)
            if tries == TRIES:
                raise


@contextmanager
def _without_collector() -> Iterator[None]:
    """Spare the garbage collector a look at the batch, whose many objects are in no cycle."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


async def _learn(session: AsyncSession, batch: Batch, *, alone: bool, dry_run: bool) -> Report:
    models = await names.find(session, batch)
    report = Report(added=[model.name for model in models.new])
    ends = [(models[each.child], models[each.parent]) for each in batch.statements]
    free = await _withdrawn(session, batch, models, ends, alone=alone)
    allowed, moved = await _ordered(session, models, ends, free, alone=alone)
    models.describe(batch.facts, new=True)
    if not dry_run:
        await names.store(session, models)
        await names.lock(session, models, batch)
    await names.recall(session, models, batch.facts)
    models.describe(batch.facts, new=False)
    digests = await revisions.find(session, models, batch)
    edges = await _edges(session, ends)
    report.outcomes = _told(batch, ends, allowed, digests, edges)
    report.models_changed = sum(model.redescribed for model in models.stored)
    report.names = models.spellings
    if not dry_run:
        await _refuse(session, batch, ends, report)
        await _store(session, models, moved, digests, edges)
    return report


async def _withdrawn(
    session: AsyncSession, batch: Batch, models: Models, ends: Ends, *, alone: bool
) -> Set[int]:
    """The places of the statements about withdrawn edges, which can close no cycle.

    Which edge a statement is about depends on others that may come at the same time. So we raise
    AgainstOrder if there are any and we are not `alone`.
    """
    pairs = [(child.number, parent.number) for child, parent in ends]
    children = dict.fromkeys(child for child, _ in pairs if child >= 0)
    withdrawn = await edge_rows.withdrawn(session, children)
    if not withdrawn:
        return frozenset()
    places = [place for place, pair in enumerate(pairs) if pair in withdrawn]
    if not places:
        return frozenset()
    if not alone:
        raise AgainstOrder
    digests = await revisions.find(session, models, batch)
    edges = Edges(await edge_rows.between(session, withdrawn.intersection(pairs)))
    outcomes = _told(batch, ends, [pair in withdrawn for pair in pairs], digests, edges)
    return {place for place in places if outcomes[place] is Outcome.WITHDRAWN}


async def _ordered(
    session: AsyncSession, models: Models, ends: Ends, free: Set[int], *, alone: bool
) -> tuple[Sequence[bool], dict[int, int]]:
    """Which edges may be added, and the ranks of stored models that change for them.

    Those that are `free` need no order. New models get a rank. Raises AgainstOrder if ranks have to
    change and we are not `alone`.
    """
    bound = [place for place in range(len(ends)) if place not in free] if free else range(len(ends))
    pairs = [(ends[place][0].number, ends[place][1].number) for place in bound]
    ranks = {model.number: model.rank for model in models.stored}
    ranks |= placed([model.number for model in models.new], pairs, ranks)
    suits = [ranks[child] > ranks[parent] for child, parent in pairs]
    moved: dict[int, int] = {}
    against = (pair for pair, suit in zip(pairs, suits, strict=True) if not suit)
    if any(child != parent for child, parent in against):
        if not alone:
            raise AgainstOrder
        order = Order(ranks, partial(edge_rows.above, session))
        await order.foresee(pairs)
        suits = [await order.add(child, parent) for child, parent in pairs]
        ranks = order.ranks
        moved = {number: ranks[number] for number in order.moved if number >= 0}
    for model in models.new:
        model.rank = ranks[model.number]
    allowed = [True] * len(ends)
    for place, suit in zip(bound, suits, strict=True):
        allowed[place] = suit
    return allowed, moved


async def _edges(session: AsyncSession, ends: Ends) -> Edges:
    """The stored edges between the ends of the statements."""
    stored = (pair for pair in ends if not (pair[0].new or pair[1].new))
    asked = dict.fromkeys((child.number, parent.number) for child, parent in stored)
    return Edges(await edge_rows.between(session, asked) if asked else ())


def _told(
    batch: Batch, ends: Ends, allowed: Sequence[bool], digests: Revisions, edges: Edges
) -> list[Outcome]:
    """Take in each statement that is allowed; returns what became of it."""
    outcomes = []
    for said, (child, parent), may in zip(batch.statements, ends, allowed, strict=True):
        if not may:
            outcomes.append(Outcome.REFUSED)
            continue
        revision = digests.of(child, said.child_digest)
        built_on = digests.of(parent, said.parent_digest)
        key = Key(child.number, parent.number, revision, built_on, said.role)
        outcomes.append(edges.tell(key, said.told))
    return outcomes


async def _refuse(session: AsyncSession, batch: Batch, ends: Ends, report: Report) -> None:
    """Record the edges that were refused."""
    outcomes = enumerate(report.outcomes)
    places = [place for place, outcome in outcomes if outcome is Outcome.REFUSED]
    for place in places:
        said = batch.statements[place]
        log.warning("edge.refused", child=said.child, parent=said.parent, reason=CYCLE)
    if places:
        pairs = [(ends[place][0].number, ends[place][1].number) for place in places]
        await refused.record(session, [batch.statements[place] for place in places], pairs, CYCLE)


async def _store(
    session: AsyncSession, models: Models, moved: dict[int, int], digests: Revisions, edges: Edges
) -> None:
    """Store what the batch changes, and log it for the graphs in memory."""
    counts, changed = edges.counts, edges.changed
    described = {each.number: each.described for each in models.stored if each.redescribed}
    if digests.new:
        await model_rows.insert_revisions(session, digests.new)
    if changed:
        await edge_rows.write(session, changed)
    if counts:
        await model_rows.count(session, counts)
    if described:
        await model_rows.describe(session, described)
    if moved:
        await model_rows.rank(session, moved)
    shown = [edge.id for edge in changed if edge.shows_new and edge.id and not edge.withdrawn]
    added = {model.number for model in models.new}
    await changes.log(session, shown, added | described.keys())
