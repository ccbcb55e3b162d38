"""Exports as streams: models in the order of a map, with their edges, so many at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date, timedelta

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.exports import repository
from lineage.exports.records import Format, Model, Parent
from lineage.map.parameters import Selected
from lineage.memory.arrays import Flags, Integers, Numbers
from lineage.memory.columns import RELATIONS, ROLES
from lineage.models.edge_details import details as edge_details
from lineage.questions.kinds import KINDS, kinds_of
from lineage.questions.strength import strongest_first
from mergehub.columns.codes import members_of
from mergehub.kit.database.database import AnyRow, Database

BATCH = 2000


async def exported(database: Database, selected: Selected, format: Format) -> AsyncIterator[str]:
    """The text of an export, a piece at a time."""
    yield format.begin()
    batches = _Batches(selected)
    for begin in range(0, len(batches.models), BATCH):
        async with database.transaction() as session:
            batch = await batches.records(session, begin)
        yield "".join(map(format.model, batch))
    yield format.end()


class _Batches:
    """The records of an export. Only edges between its models are in it."""

    def __init__(self, selected: Selected) -> None:
        self._graph, self._where = selected.graph, selected.wanted.where
        self.models = selected.chosen.models
        self._place: Integers = np.full(selected.graph.size, -1, np.int64)
        self._place[self.models] = np.arange(len(self.models))

    async def records(self, session: AsyncSession, begin: int) -> list[Model]:
        models = self.models[begin : begin + BATCH]
        edges = self._edges(models)
        columns = self._graph.edges
        details = await edge_details(session, columns.id[edges].tolist())
        tokenizers = await repository.tokenizers(session, models.tolist())
        parents: dict[int, list[Parent]] = {number: [] for number in models.tolist()}
        names = self._graph.names_of(columns.parent[edges])
        for edge, name in zip(edges.tolist(), names, strict=True):
            row = details[int(columns.id[edge])]
            parents[int(columns.child[edge])].append(self._parent(edge, name, row))
        return self._models(models, begin, parents, tokenizers)

    def _edges(self, models: Numbers) -> Numbers:
        edges = self._graph.expand(models, "ancestors", self._where)
        within: Flags = self._place[self._graph.edges.parent[edges]] >= 0
        return strongest_first(self._graph, edges[within])

    def _models(
        self,
        models: Numbers,
        begin: int,
        parents: Mapping[int, list[Parent]],
        tokenizers: Mapping[int, str],
    ) -> list[Model]:
        graph, columns, codes = self._graph, self._graph.models, self._graph.codes
        facts = zip(
            models.tolist(),
            graph.ids(models),
            graph.names_of(models),
            kinds_of(graph, models).tolist(),
            strict=True,
        )
        return [
            Model(
                place=begin + at,
                id=id,
                name=name,
                kind=KINDS[kind],
                architecture=codes.architecture[columns.architecture[number]] or None,
                parameters=int(columns.parameters[number]) or None,
                tokenizer=tokenizers.get(number),
                licence=codes.licence[columns.licence[number]] or None,
                domains=members_of(codes.domains[columns.domains[number]]),
                made_on=_day(int(columns.made_on[number])),
                children=int(columns.children_count[number]),
                flagged=bool(columns.flagged[number]),
                parents=parents[number],
            )
            for at, (number, id, name, kind) in enumerate(facts)
        ]

    def _parent(self, edge: int, name: str, row: AnyRow) -> Parent:
        columns, codes = self._graph.edges, self._graph.codes
        parent = int(columns.parent[edge])
        return Parent(
            place=int(self._place[parent]),
            id=self._graph.id(parent),
            name=name,
            relation=RELATIONS[columns.relation[edge]],
            role=ROLES[columns.role[edge]],
            role_stated=row.role_stated,
            method=codes.method[columns.method[edge]] or None,
            weight=row.weight,
            density=row.density,
            layers=row.layers,
            child_digest=row.child_digest,
            parent_digest=row.parent_digest,
            recipe_version=row.recipe_version,
            run=row.run,
            source=codes.source[columns.source[edge]],
            confidence=int(columns.confidence[edge]),
            evidence=row.evidence,
            made_on=row.made_on,
            learned_at=row.created_at,
        )


def _day(days: int) -> date | None:
    return None if days < 0 else date(1970, 1, 1) + timedelta(days=days)
