"""Fills the leaderboard's tables with made results, by COPY and without its own write path."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import asyncpg
import numpy as np

from benchmarks.leaderboard.results import (
    DOMAINS,
    FAMILIES,
    LICENCES,
    METHODS,
    PRECISIONS,
    SIZES,
    WITH_ITEMS,
    Made,
    Setting,
    name,
)
from leaderboard.facts.item_scores import pack_hashes, pack_scores
from leaderboard.facts.statement import digest
from mergehub.kit.database.connections import connect

SCHEMA = "leaderboard"
EVALUATED = datetime(2026, 1, 1, tzinfo=UTC)
MOST_ITEMS = 2000
FIRST_DAY, DAYS = date(2023, 6, 1), 900

Rows = Iterable[tuple[Any, ...]]


async def fill(url: str, made: Made) -> None:
    """Write all models and results into the tables, which are empty."""
    connection = await connect(url, statement_seconds=None)
    try:
        await connection.execute(f"SET search_path TO {SCHEMA}")
        await connection.execute("SET session_replication_role TO replica")  # no triggers
        await _copy(connection, "models", ("id", "name"), _models(made))
        await _copy(connection, "model_facts", FACTS, _facts(made))
        await _copy(connection, "model_parents", PARENTS, _parents(made))
        variants = ("id", "model_id", "precision")
        await _copy(connection, "variants", variants, _variants(made))
        measures = ("id", "name", "version", "metric", "items")
        await _copy(connection, "measures", measures, _measures(made))
        places = ((at, at, each.shots) for at, each in enumerate(made.settings, 1))
        await _copy(connection, "settings", ("id", "measure_id", "shots"), places)
        origin = [(1, 3, "bench")]
        await _copy(connection, "origins", ("id", "source", "origin"), origin)
        await _copy(connection, "facts", RESULTS, _results(made))
        await _copy(connection, "item_sets", ("id", "digest", "hashes"), _item_sets(made))
        scores = ("fact_id", "item_set_id", "scores")
        await _copy(connection, "fact_items", scores, _item_scores(made))
        for table in ("models", "variants", "measures", "settings", "origins", "item_sets"):
            await connection.execute(SEQUENCE.format(table=table))
        await connection.execute("SELECT setval('results_id_seq', (SELECT max(id) FROM facts))")
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


SEQUENCE = "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
FACTS = (
    *("model_id", "lineage_id", "kind", "method", "architecture", "family", "parameters"),
    *("licence", "domains", "flags", "made_on", "position"),
)
PARENTS = ("model_id", "parent_id", "role", "place", "relation", "method", "weight")
RESULTS = (
    *("id", "value", "evaluated_at", "variant_id", "setting_id", "origin_id", "count", "source"),
    *("limited", "binary", "fact"),
)


async def _copy(
    connection: asyncpg.Connection, table: str, columns: Iterable[str], rows: Rows
) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=list(columns))


def _models(made: Made) -> Rows:
    return ((number + 1, name(number)) for number in range(made.models))


def _method(number: int) -> str:
    return METHODS[number * 7 % len(METHODS)]


def _facts(made: Made) -> Iterator[tuple[Any, ...]]:
    for number in range(made.models):
        merge, family = bool(made.merge[number]), FAMILIES[made.family[number]]
        yield (
            number + 1,
            uuid.UUID(int=number + 1),
            "merge" if merge else "finetune",
            _method(number) if merge else None,
            f"{family.title()}ForCausalLM",
            family,
            int(SIZES[number * 31 % len(SIZES)] * 1e9),
            LICENCES[number * 13 % len(LICENCES)],
            [DOMAINS[number % len(DOMAINS)]] if number % 3 else [],
            ["contaminated"] if number % 50 == 0 else [],
            FIRST_DAY + timedelta(days=number * DAYS // made.models),
            number + 1,
        )


def _parents(made: Made) -> Iterator[tuple[Any, ...]]:
    for number in np.flatnonzero(made.merge).tolist():
        for place, parent in enumerate(sorted(set(made.parents[number].tolist()))):
            method = _method(number)
            yield (number + 1, parent + 1, "ingredient", place, "merge", method, 0.5)


def _variants(made: Made) -> Rows:
    return (
        (number + 1, number + 1, PRECISIONS[min(number * 11 % 7, len(PRECISIONS) - 1)])
        for number in range(made.models)
    )


def _measures(made: Made) -> Rows:
    return (
        (at, each.name, each.version, each.metric, each.items)
        for at, each in enumerate(made.settings, 1)
    )


def _hashes(setting: Setting) -> list[str]:
    names = (f"{setting.name} {at}" for at in range(min(setting.items, MOST_ITEMS)))
    return sorted(sha256(name.encode()).hexdigest() for name in names)


def _item_sets(made: Made) -> Rows:
    for at, setting in enumerate(made.settings, 1):
        text = json.dumps(_hashes(setting), separators=(",", ":"))
        yield at, digest(text), pack_hashes(text)


def _item_scores(made: Made) -> Rows:
    """Of the first models, with as many right items as their values say."""
    random, id = np.random.default_rng(3), 0
    for at, setting in enumerate(made.settings):
        size = min(setting.items, MOST_ITEMS)
        for number in np.flatnonzero(~np.isnan(made.values[:, at])).tolist():
            id += 1
            if number < WITH_ITEMS:
                right = random.random(size) < made.values[number, at]
                yield id, at + 1, pack_scores(right.astype(np.float64))


def _results(made: Made) -> Iterator[tuple[Any, ...]]:
    id = 0
    for at, setting in enumerate(made.settings):
        for number in np.flatnonzero(~np.isnan(made.values[:, at])).tolist():
            id += 1
            value = round(float(made.values[number, at]) * setting.items) / setting.items
            fact = uuid.UUID(int=(1 << 96) + id)
            yield (
                *(id, value, EVALUATED, number + 1, at + 1, 1, setting.items, 3),
                *(False, number < WITH_ITEMS, fact),
            )
