"""Answers about what a model has from its ancestors: shares, licences and flags."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.answers import schemas
from lineage.answers.named import named, named_one
from lineage.answers.parameters import At
from lineage.memory.arrays import Flags
from lineage.memory.graph import Graph
from lineage.models.models import FlagRow
from lineage.questions import licences as licence_question
from lineage.questions import shares as share_question
from lineage.questions.contamination import Flagged, flagged_ancestors


async def shares(at: At, limit: int) -> schemas.Shares:
    """The contribution of each origin, and how it came."""
    found = await asyncio.to_thread(share_question.shares, at.graph, at.number)
    through = ~found.origins
    through[:1] = False  # the model itself
    return schemas.Shares(
        model=named_one(at.graph, at.number),
        rule=share_question.RULE,
        origins=_largest(at.graph, found, found.origins, limit),
        through=_largest(at.graph, found, through, limit),
        truncated=max(int(found.origins.sum()), int(through.sum())) > limit,
        as_of=at.graph.as_of,
    )


def _largest(
    graph: Graph, found: share_question.Shares, kept: Flags, limit: int
) -> list[schemas.Share]:
    places = np.flatnonzero(kept)
    places = places[np.argsort(-found.shares[places], kind="stable")][:limit]
    models, values = found.models[places], found.shares[places].tolist()
    rows = zip(graph.ids(models), graph.names_of(models), values, strict=True)
    return [schemas.Share(id=id, name=name, share=share) for id, name, share in rows]


async def licences(at: At) -> schemas.Licences:
    """The licences that a model inherits, and which are broken."""
    graph = at.graph
    found = await asyncio.to_thread(licence_question.licences, graph, at.number)
    return schemas.Licences(
        model=named_one(graph, at.number),
        licence=graph.codes.licence[graph.models.licence[at.number]] or None,
        rule=licence_question.RULE,
        inherited=[inherited(graph, each) for each in found.inherited],
        forbidding=[inherited(graph, each) for each in found.forbidding],
        conflicts=[conflict(graph, each) for each in found.conflicts],
        exclusions=[exclusion(graph, each) for each in found.exclusions],
        unknown=found.unknown,
        as_of=graph.as_of,
    )


def inherited(graph: Graph, each: licence_question.Inherited) -> schemas.InheritedLicence:
    """A licence that is inherited as answers show it."""
    return schemas.InheritedLicence(
        licence=each.licence, path=named(graph, each.path), count=each.count
    )


def conflict(graph: Graph, each: licence_question.Conflict) -> schemas.LicenceConflict:
    """A broken licence as answers show it."""
    return schemas.LicenceConflict(
        broken=each.broken,
        reason=each.reason,
        by=named_one(graph, each.by),
        licence=each.licence,
        path=named(graph, each.path),
    )


def exclusion(graph: Graph, each: licence_question.Exclusion) -> schemas.LicenceExclusion:
    """Two licences that exclude each other as answers show them."""
    return schemas.LicenceExclusion(
        one=inherited(graph, each.one), other=inherited(graph, each.other)
    )


async def contamination(session: AsyncSession, at: At, limit: int) -> schemas.Contamination:
    """The flags of the nearest `limit` flagged models among a model and its ancestors."""
    found = await asyncio.to_thread(flagged_ancestors, at.graph, at.number)
    rows = await flag_rows(session, [each.model for each in found[:limit]])
    return schemas.Contamination(
        model=named_one(at.graph, at.number),
        flags=inherited_flags(at.graph, found[:limit], rows),
        truncated=len(found) > limit,
        as_of=at.graph.as_of,
    )


async def flag_rows(session: AsyncSession, models: Collection[int]) -> dict[int, list[FlagRow]]:
    """The flags of models that were not cleared, oldest first, by the models' numbers."""
    query = (
        select(FlagRow)
        .where(FlagRow.model.in_(models), FlagRow.cleared_at.is_(None))
        .order_by(FlagRow.id)
    )
    rows: dict[int, list[FlagRow]] = {}
    for row in await session.scalars(query) if models else ():
        rows.setdefault(row.model, []).append(row)
    return rows


def inherited_flags(
    graph: Graph, flagged: Iterable[Flagged], rows: Mapping[int, Sequence[FlagRow]]
) -> list[schemas.InheritedFlag]:
    """The flags of flagged models as answers show them, in the order of the models."""
    return [
        schemas.InheritedFlag(
            id=row.id,
            kind=row.kind,
            reason=row.reason,
            evidence=row.evidence,
            set_at=row.set_at,
            path=named(graph, each.path),
        )
        for each in flagged
        for row in rows.get(each.model, ())
    ]
