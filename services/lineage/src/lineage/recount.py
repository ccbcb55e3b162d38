"""`python -m lineage recount`: whether counters and ranks agree with the edges."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import changes, model_rows
from mergehub.kit.background.commands import Command
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.database import AnyRow

COUNTERS = ("children_count", "base_count", "ingredient_count")

_WRONG = """
SELECT * FROM (
  SELECT number, id, name,
    children_count + coalesce(later.children, 0) AS children_count,
    base_count + coalesce(later.as_base, 0) AS base_count,
    ingredient_count + coalesce(later.as_ingredient, 0) AS ingredient_count,
    coalesce(counted.children, 0) AS children_now, coalesce(counted.as_base, 0) AS base_now,
    coalesce(counted.as_ingredient, 0) AS ingredient_now
  FROM models LEFT JOIN model_counters AS later ON later.model = number LEFT JOIN (
    SELECT parent, count(DISTINCT child) AS children,
      count(DISTINCT child) FILTER (WHERE relation = 'merge' AND role = 'base') AS as_base,
      count(DISTINCT child) FILTER (WHERE relation = 'merge' AND role = 'ingredient')
        AS as_ingredient
    FROM edges WHERE withdrawal IS NULL GROUP BY parent
  ) AS counted ON counted.parent = number
) AS compared
WHERE (children_count, base_count, ingredient_count)
  IS DISTINCT FROM (children_now, base_now, ingredient_now)
"""
_FOUND = text(f"{_WRONG} ORDER BY number")
_REPAIRED = text(
    "INSERT INTO model_counters SELECT number, children_now - children_count, "  # noqa: S608
    f"base_now - base_count, ingredient_now - ingredient_count FROM ({_WRONG}) AS wrong "
    f"{model_rows.ADDED_TO_COUNTERS} RETURNING model"
)
_MISORDERED = text(
    "SELECT child.id AS child, parent.id AS parent FROM edges "
    "JOIN models AS child ON child.number = edges.child "
    "JOIN models AS parent ON parent.number = edges.parent "
    "WHERE parent.rank >= child.rank AND withdrawal IS NULL ORDER BY edges.id"
)


async def wrong_counters(session: AsyncSession) -> Sequence[AnyRow]:
    """The models whose counters disagree with the edges, with what they should be.

    One statement sees edges and counters as the same transactions left them.
    """
    return (await session.execute(_FOUND)).all()


async def misordered(session: AsyncSession) -> Sequence[AnyRow]:
    """The edges whose parent has no lower rank than the child."""
    return (await session.execute(_MISORDERED)).all()


async def repair(session: AsyncSession) -> int:
    """Correct the counters; returns of how many models. No edges are added meanwhile."""
    await changes.lock(session, exclusive=True)
    return len((await session.scalars(_REPAIRED)).all())


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--repair", action="store_true", help="correct the counters")


async def _run(resources: Resources, asked: Namespace) -> int:
    """Print what is wrong as JSON lines; returns 1 if anything still is."""
    database = resources.database
    async with database.unhurried() as connection, AsyncSession(connection) as session:
        wrong = await wrong_counters(session)
        for row in wrong:
            print(_line(row))
        unordered = await misordered(session)
        for row in unordered:
            print(json.dumps({"child": str(row.child), "parent": str(row.parent), "wrong": "rank"}))
        if asked.repair:
            print(f"Repaired: {await repair(session)} models", file=sys.stderr)
            await session.commit()
            return int(bool(unordered))
    print(f"Wrong: {len(wrong)} counters, {len(unordered)} ranks", file=sys.stderr)
    return int(bool(wrong or unordered))


def _line(row: AnyRow) -> str:
    """A model with its counters and what they should be."""
    counters = {
        name: [getattr(row, name), getattr(row, name.replace("_count", "_now"))]
        for name in COUNTERS
    }
    wrong = {name: pair for name, pair in counters.items() if pair[0] != pair[1]}
    return json.dumps({"model": str(row.id), "name": row.name, "wrong": wrong})


COMMAND = Command(
    "recount", "compare counters with the edges, and print where they differ", _arguments, _run
)
