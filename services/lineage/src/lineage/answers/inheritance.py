"""Answers about what a model has from its ancestors: shares, licences and flags."""

from __future__ import annotations

import asyncio

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
from lineage.questions.contamination import flagged_ancestors


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
        inherited=[_inherited(graph, each) for each in found.inherited],
        conflicts=[
            schemas.LicenceConflict(
                broken=each.broken,
                reason=each.reason,
                by=named_one(graph, each.by),
                licence=each.licence,
                path=named(graph, each.path),
            )
            for each in found.conflicts
        ],
        exclusions=[
            schemas.LicenceExclusion(
                one=_inherited(graph, each.one), other=_inherited(graph, each.other)
            )
            for each in found.exclusions
        ],
        unknown=found.unknown,
        as_of=graph.as_of,
    )


def _inherited(graph: Graph, each: licence_question.Inherited) -> schemas.InheritedLicence:
    return schemas.InheritedLicence(
        licence=each.licence, path=named(graph, each.path), count=each.count
    )


async def contamination(session: AsyncSession, at: At, limit: int) -> schemas.Contamination:
    """The flags of the nearest `limit` flagged models among a model and its ancestors."""
    found = await asyncio.to_thread(flagged_ancestors, at.graph, at.number)
    shown = {each.model: each.path for each in found[:limit]}
    query = (
        select(FlagRow)
        .where(FlagRow.model.in_(shown), FlagRow.cleared_at.is_(None))
        .order_by(FlagRow.id)
    )
    rows = (await session.scalars(query)).all() if shown else []
    nearest = sorted(rows, key=lambda row: len(shown[row.model]))
    return schemas.Contamination(
        model=named_one(at.graph, at.number),
        flags=[
            schemas.InheritedFlag(
                id=row.id,
                kind=row.kind,
                reason=row.reason,
                evidence=row.evidence,
                set_at=row.set_at,
                path=named(at.graph, shown[row.model]),
            )
            for row in nearest
        ],
        truncated=len(found) > limit,
        as_of=at.graph.as_of,
    )
