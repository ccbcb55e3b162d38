"""From names to ids: of models, variants, measures, settings and origins; unknown ones are added.

Each set is looked up as a whole, and what is missing is added in one order, so that transactions
which add the same rows wait for each other and never in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.statement import Conditions, Measure, Origin

Key = tuple[Any, ...]


@dataclass(frozen=True)
class _Kind:
    """How rows of a table are found, and added, by arrays of their columns."""

    columns: tuple[str, ...]
    known: TextClause
    new: TextClause


def _kind(table: str, columns: Mapping[str, str], also: str = "", *, nullable: str = "") -> _Kind:
    """The queries of a table. `nullable` are columns in which null equals null."""
    asked = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
    names = ", ".join(columns)
    same = " AND ".join(
        f"{table}.{name} IS NOT DISTINCT FROM asked.{name}"
        if name in nullable.split()
        else f"{table}.{name} = asked.{name}"
        for name in columns
    )
    rows = f"unnest({asked}) WITH ORDINALITY AS asked ({names}, place)"
    return _Kind(
        tuple(columns),
        text(f"SELECT place, {table}.id{also} FROM {rows} JOIN {table} ON {same}"),  # noqa: S608
        text(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM {rows} "  # noqa: S608
            f"ORDER BY {names} ON CONFLICT DO NOTHING"
        ),
    )


_VARIANTS = _kind("variants", {"model_id": "bigint", "revision": "text", "precision": "text"})
_MEASURES = _kind(
    "measures",
    {"name": "text", "version": "text", "subtask": "text", "metric": "text"},
    also=", measures.items",
)
_SETTINGS = _kind(
    "settings",
    {"measure_id": "int", "shots": "int", "chat_template": "boolean", "task_hash": "text"},
    nullable="shots chat_template task_hash",
)
_ORIGINS = _kind(
    "origins",
    {
        "source": "smallint",
        "origin": "text",
        "account": "text",
        "harness": "text",
        "harness_version": "text",
    },
    nullable="account",
)
_NAMES = "unnest(CAST(:names AS text[])) WITH ORDINALITY AS asked (name, place)"
_LOWER = 'lower(asked.name COLLATE "C")'
_KNOWN_MODELS = text(
    f"SELECT place, models.id, models.name FROM {_NAMES} "  # noqa: S608
    f"LEFT JOIN models AS present ON lower(present.name) = {_LOWER} "
    f"LEFT JOIN former_names AS former ON lower(former.name) = {_LOWER} "
    "JOIN models ON models.id = coalesce(present.id, former.model_id)"
)
_NEW_MODELS = text(
    f"INSERT INTO models (name) SELECT DISTINCT ON ({_LOWER}) name FROM {_NAMES} "  # noqa: S608
    f"ORDER BY {_LOWER}, place ON CONFLICT DO NOTHING RETURNING id"
)
# PostgreSQL keeps a plan of a statement that it has seen five times. One that it made while the
# tables were small reads them whole for each name, which takes minutes once they are large.
_PLANNED_ANEW = text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
_DEFINED = text("UPDATE measures SET items = :items WHERE id = :id AND items IS NULL")


class Model(NamedTuple):
    """A model's id and the first spelling of its name."""

    id: int
    name: str


async def planned_anew(session: AsyncSession) -> None:
    """Let the server plan each statement of this transaction for the tables as they are."""
    await session.execute(_PLANNED_ANEW)


async def known_models(session: AsyncSession, names: Sequence[str]) -> dict[str, Model]:
    """The models that have some names, or else had them, without those that no one knows."""
    rows = await session.execute(_KNOWN_MODELS, {"names": names})
    return {names[row.place - 1]: Model(row.id, row.name) for row in rows}


async def models(
    session: AsyncSession, names: Collection[str]
) -> tuple[dict[str, Model], Collection[int]]:
    """The models that some names mean, and the ids of those that are new."""
    asked = list(dict.fromkeys(names))
    found = await known_models(session, asked)
    missing = [name for name in asked if name not in found]
    if not missing:
        return found, ()
    new = (await session.scalars(_NEW_MODELS, {"names": missing})).all()
    return found | await known_models(session, missing), new


async def variants(session: AsyncSession, keys: Collection[Key]) -> dict[Key, int]:
    """The ids of variants: of a model's id, a revision and a precision."""
    return {key: row.id for key, row in (await _ids(session, _VARIANTS, keys)).items()}


async def measures(
    session: AsyncSession, defined: Mapping[Measure, int | None]
) -> tuple[dict[Measure, int], Collection[Measure]]:
    """The ids of measures, and which are new; `defined` has the size of those with a definition."""
    found = await _known(session, _MEASURES, list(defined))
    new = [key for key in defined if key not in found]
    found |= await _added(session, _MEASURES, new)
    for key in new:
        if defined[key] is not None:
            await session.execute(_DEFINED, {"id": found[key].id, "items": defined[key]})
    return {Measure(*key): row.id for key, row in found.items()}, new


async def settings(
    session: AsyncSession, keys: Collection[tuple[int, Conditions]]
) -> dict[tuple[int, Conditions], int]:
    """The ids of settings: of a measure's id and conditions."""
    flat = {(measure, *conditions): (measure, conditions) for measure, conditions in keys}
    return {flat[key]: row.id for key, row in (await _ids(session, _SETTINGS, flat)).items()}


async def origins(session: AsyncSession, keys: Collection[Origin]) -> dict[Origin, int]:
    """The ids of origins."""
    flat = {(int(key.source), *key[1:]): key for key in keys}
    return {flat[key]: row.id for key, row in (await _ids(session, _ORIGINS, flat)).items()}


async def _ids(session: AsyncSession, kind: _Kind, keys: Collection[Key]) -> dict[Key, Any]:
    found = await _known(session, kind, list(keys))
    return found | await _added(session, kind, [key for key in keys if key not in found])


async def _added(session: AsyncSession, kind: _Kind, keys: Sequence[Key]) -> dict[Key, Any]:
    if not keys:
        return {}
    await session.execute(kind.new, _arrays(kind, keys))
    return await _known(session, kind, keys)


async def _known(session: AsyncSession, kind: _Kind, keys: Sequence[Key]) -> dict[Key, Any]:
    rows = await session.execute(kind.known, _arrays(kind, keys))
    return {keys[row.place - 1]: row for row in rows}


def _arrays(kind: _Kind, keys: Sequence[Key]) -> dict[str, list[Any]]:
    columns = zip(*keys, strict=True) if keys else ((),) * len(kind.columns)
    return {name: list(values) for name, values in zip(kind.columns, columns, strict=True)}
