"""A graph loaded from the tables, and what it and the tables have, for tests to compare."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import date

import numpy as np
from sqlalchemy import select

from lineage.edges.models import EdgeRow
from lineage.learning.batch import Batch
from lineage.learning.service import learn
from lineage.memory.columns import RELATIONS, ROLES
from lineage.memory.graph import Graph
from lineage.models.models import ModelRow
from lineage.replica.following import Follower

EPOCH = date(1970, 1, 1)


@asynccontextmanager
async def driver(resources):
    async with resources.database.driver(TimeZone="UTC", jit="off") as connection:
        yield connection


async def loaded(resources, connection) -> Follower:
    async with driver(resources) as beside:
        return await Follower.load(connection, beside)


async def tell(resources, *statements):
    async with resources.database.transaction() as session:
        await learn(session, Batch(list(statements)))


async def rows(resources) -> tuple[set, set]:
    """The models and edges of the tables, read by SQLAlchemy."""
    async with resources.database.transaction() as session:
        models = {
            (
                row.id,
                row.number,
                row.name,
                row.children_count,
                row.architecture or "",
                row.licence or "",
                "\n".join(sorted(row.domains)),
                row.parameters or 0,
                (row.made_on - EPOCH).days if row.made_on else -1,
            )
            for row in await session.scalars(select(ModelRow))
        }
        edges = {
            (
                row.id,
                row.child,
                row.parent,
                row.relation,
                row.role,
                row.method or "",
                row.source,
                row.confidence,
                None if row.weight is None else round(row.weight, 4),
                (row.made_on - EPOCH).days if row.made_on else -1,
            )
            for row in await session.scalars(select(EdgeRow).where(EdgeRow.withdrawal.is_(None)))
        }
    return models, edges


def columns(graph: Graph) -> tuple[set, set]:
    """The models and edges of the graph in memory."""
    m, e, codes = graph.models, graph.edges, graph.codes
    models = {
        (
            graph.id(number),
            number,
            graph.name(number),
            m.children_count[number],
            codes.architecture[m.architecture[number]],
            codes.licence[m.licence[number]],
            codes.domains[m.domains[number]],
            m.parameters[number],
            m.made_on[number],
        )
        for number in np.flatnonzero(m.exists).tolist()
    }
    edges = {
        (
            e.id[edge],
            e.child[edge],
            e.parent[edge],
            RELATIONS[e.relation[edge]],
            ROLES[e.role[edge]],
            codes.method[e.method[edge]],
            codes.source[e.source[edge]],
            e.confidence[edge],
            None if np.isnan(e.weight[edge]) else round(float(e.weight[edge]), 4),
            e.made_on[edge],
        )
        for edge in graph.present(np.arange(len(e.id), dtype=np.int32)).tolist()
    }
    return models, edges
