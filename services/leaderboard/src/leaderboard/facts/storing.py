"""Stores statements as facts, a set at a time: the same fact twice is one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts import item_scores, repeated, sizes
from leaderboard.facts.changes import LOG
from leaderboard.facts.models import Source
from leaderboard.facts.resolved import Found, Resolved

Thing = tuple[int, int, int]
"""A variant, a setting and a source."""


class Shown(NamedTuple):
    """The current score of a thing; `named` is its origin in words."""

    value: float
    evaluated_at: datetime | None
    origin: int
    named: str


Newest = Mapping[Thing, Shown]

_ALONE = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.facts'))")

_COLUMNS = {
    "fact": "uuid", "variant_id": "int", "setting_id": "int", "origin_id": "int",
    "source": "smallint", "value": "float8", "stderr": "float8", "count": "int",
    "limited": "boolean", "binary": "boolean", "seed": "bigint", "evaluated_at": "timestamptz",
    "created_at": "timestamptz", "run": "uuid", "doubt": "text", "claims": "text",
}  # fmt: skip
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_ARRAYS = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())
_VALUES = {"created_at": "coalesce(created_at, now())", "claims": "claims::jsonb"}
_SELECTED = ", ".join(_VALUES.get(name, f'"{name}"') for name in _COLUMNS)
_ADD = text(
    f"INSERT INTO facts ({_NAMES}) SELECT {_SELECTED} "  # noqa: S608 - names are constants
    f"FROM unnest({_ARRAYS}) WITH ORDINALITY AS stated ({_NAMES}, place) ORDER BY place "
    "ON CONFLICT (fact) DO NOTHING RETURNING id, fact"
)
_NEWEST = text(
    """
    SELECT asked.*, newest.value, newest.evaluated_at, newest.origin_id, origins.origin
    FROM unnest(CAST(:variants AS int[]), CAST(:settings AS int[]), CAST(:sources AS smallint[]))
      AS asked (variant, setting, source)
    CROSS JOIN LATERAL (
      SELECT value, evaluated_at, origin_id FROM facts
      WHERE variant_id = asked.variant AND setting_id = asked.setting
        AND source = asked.source AND withdrawal_id IS NULL
      ORDER BY evaluated_at DESC NULLS LAST, id DESC LIMIT 1
    ) AS newest
    JOIN origins ON origins.id = newest.origin_id
    """
)


@dataclass(frozen=True)
class Stored:
    """What became of statements: the ids of facts that are new, and of those that are back.

    `refused` are facts that a moderator withdrew, with the reason; they are not brought back.
    """

    added: Mapping[UUID, int]
    revived: Mapping[UUID, int]
    refused: Mapping[UUID, str]


async def alone(session: AsyncSession) -> None:
    """Be the only transaction that adds facts, until it ends: none sees another's half."""
    await session.execute(_ALONE)


async def newest(session: AsyncSession, statements: Iterable[Resolved]) -> Newest:
    """What is shown of the things that statements are about."""
    things = {each.thing for each in statements}
    variants, settings, sources = zip(*things, strict=True) if things else ((), (), ())
    asked = {"variants": list(variants), "settings": list(settings), "sources": list(sources)}
    rows = await session.execute(_NEWEST, asked)
    return {tuple(row[:3]): Shown(*row[3:]) for row in rows}


async def store(session: AsyncSession, found: Found) -> Stored:
    """Add the facts that no one has stated yet, and log what changed. First call `alone`."""
    statements = found.statements
    smaller = await sizes.grow(session, _full(statements))
    known = await sizes.sizes(session, {each.measure for each in statements})
    rows = await session.execute(_ADD, _arrays(statements, known))
    added = {row.fact: row.id for row in rows}
    again = {each.fact: each for each in statements if each.fact not in added}
    revived, refused = await repeated.state_again(session, again)
    items = {added[each.fact]: each.stated.items for each in statements if each.fact in added}
    await item_scores.keep(session, {fact: of for fact, of in items.items() if of})
    models = {each.model.id for each in statements if each.fact in added or each.fact in revived}
    await LOG.log(session, results=[*added.values(), *revived.values(), *smaller], models=models)
    return Stored(added, revived, refused)


def _full(statements: Iterable[Resolved]) -> dict[int, int]:
    """The sizes of the full runs of the hub's workers, by measure."""
    full: dict[int, int] = {}
    for each in statements:
        score = each.stated.score
        if each.stated.origin.source is Source.verified and score.counted and not score.limited:
            full[each.measure] = max(score.counted, full.get(each.measure, 0))
    return full


def _arrays(statements: Sequence[Resolved], known: Mapping[int, int | None]) -> dict[str, Any]:
    rows = [_row(each, known[each.measure]) for each in statements]
    columns = zip(*rows, strict=True) if rows else ((),) * len(_COLUMNS)
    return {name: list(values) for name, values in zip(_COLUMNS, columns, strict=True)}


def _row(each: Resolved, items: int | None) -> tuple[Any, ...]:
    stated, score = each.stated, each.stated.score
    limited = score.limited or (
        score.counted is not None and items is not None and score.counted < items
    )
    return (
        *(each.fact, each.variant, each.setting, each.origin, int(stated.origin.source)),
        *(score.value, score.stderr, score.counted, limited, score.binary, score.seed),
        *(score.evaluated_at, stated.created_at, stated.run, stated.doubt),
        json.dumps(stated.claims) if stated.claims else None,
    )


def replaced(before: Newest, added: Collection[Resolved]) -> int:
    """How many things have a newer score than the one that was shown."""
    shown = set()
    for each in added:
        was, at = before.get(each.thing), each.stated.score.evaluated_at
        if was and (was.evaluated_at is None or (at is not None and at >= was.evaluated_at)):
            shown.add(each.thing)
    return len(shown)
