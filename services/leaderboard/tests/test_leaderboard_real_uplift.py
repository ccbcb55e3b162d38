"""Uplift of real merges: the Open LLM Leaderboard v2 and the edges that cards state."""

from __future__ import annotations

import csv
import math
import os
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leaderboard.boards.catalogue import built_in
from leaderboard.boards.service import of_hub
from leaderboard.boards.standing import Board, BoardMaker
from leaderboard.memory.growing import GrowingFacts
from leaderboard.memory.keys import SettingKey
from leaderboard.uplift.tables.table import SEVERAL, merges, table
from mergehub.benchmarks.catalogue import find

DATA = os.environ.get("MERGEHUB_REAL_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder")

COLUMNS = ("IFEval", "BBH", "MATH Level 5", "GPQA", "MUSR", "MMLU-PRO")
METHODS = ("slerp", "model_stock", "modelstock", "ties", "dare", "della", "linear", "stock")


def _rows(*parts: str) -> list[dict[str, str]]:
    with Path(DATA or "", *parts).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@cache
def edges() -> dict[str, set[str]]:
    """The parents of each model, by names in lower case; without loops and circles."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in _rows("lineage", "edges.csv"):
        child, parent = row["child"].lower(), row["parent"].lower()
        if child != parent and child not in _above(found, parent):
            found[child].add(parent)
    return found


def _above(parents: dict[str, set[str]], model: str) -> set[str]:
    reached, ahead = set(), {model}
    while ahead:
        ahead = {above for each in ahead for above in parents.get(each, ())} - reached
        reached |= ahead
    return reached


def method_of(name: str) -> str | None:
    """The method that a merge's name states, as its card does."""
    found = re.search("|".join(METHODS), name.lower())
    return found[0].replace("modelstock", "model_stock") if found else None


def models() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every model with its facts."""
    scored = {row["model"].lower() for row in _rows("leaderboards", SHEET)}
    names = sorted(scored | edges().keys() | set().union(*edges().values()))
    for at, name in enumerate(names):
        merged = len(edges().get(name, ())) > 1
        yield name, {
            "id": at, "name": name, "known": True, "kind": "merge" if merged else "original",
            "method": method_of(name) if merged else None, "architecture": None, "family": None,
            "licence": None, "domains": (), "flags": (), "parameters": math.nan, "made_on": -1,
        }  # fmt: skip


SHEET = "open_llm_v2_every_eval_ever_flat.csv"


@pytest.fixture(scope="module")
def board() -> Board:
    """The board of the Open LLM Leaderboard v2 over the real table."""
    growing, of = GrowingFacts(), dict(models())
    parents = [
        {"child": of[child]["id"], "parent": of[parent]["id"], "relation": "merge",
         "role": "ingredient" if len(all_of_them) > 1 else "base", "weight": None,
         "method": method_of(child)}
        for child, all_of_them in edges().items() for parent in sorted(all_of_them)
    ]  # fmt: skip
    growing.put_models(of.values(), parents)
    sheet = _rows("leaderboards", SHEET)
    growing.put_variants(
        [{"id": at, "model_id": of[row["model"].lower()]["id"], "revision": str(at),
          "precision": row["precision"]} for at, row in enumerate(sheet)]
    )  # fmt: skip
    rules = of_hub(built_in()["open-llm-v2"]).rules
    for setting, (title, column) in enumerate(zip(COLUMNS, rules.columns, strict=True)):
        known = find(title)
        assert known is not None
        assert known.benchmark.name == column.benchmark
        growing.put_settings(
            [SettingKey(setting, column.benchmark, column.version, "", column.metric,
                        column.shots, None, None)]
        )  # fmt: skip
        growing.put_results(
            {
                "id": np.arange(len(sheet)) + setting * len(sheet),
                "variant": np.arange(len(sheet), dtype=np.int32),
                "setting": np.full(len(sheet), setting, np.int32),
                "value": np.array([float(row[title]) for row in sheet]),
                "stderr": np.full(len(sheet), np.nan),
                "count": np.full(len(sheet), known.version.items, np.int32),
                "source": np.full(len(sheet), 2, np.uint8),
                "when": np.zeros(len(sheet), np.int64),
                "binary": np.zeros(len(sheet), np.bool_),
            }
        )
    return BoardMaker().make(growing.facts(1, datetime.now(UTC)), rules)


def test_the_method_that_lifts_most_on_one_base_is_found(board: Board) -> None:
    """Merges are compared with the base that they go back to, and again by a plain loop."""
    rows = np.ones(len(board), np.bool_)
    found = table(board, "base", rows, 200)
    assert found.all is not None
    assert found.all.merges >= 5
    base = max(
        (name for name in found.bases if name != SEVERAL), key=lambda b: found.by_base[b].merges
    )
    of_base = {method: cell for (method, name), cell in found.cells.items() if name == base}
    best = max(of_base, key=lambda method: of_base[method].mean)
    behind = merges(board, "base", rows, best, base)
    expected = [
        board.mean[row] - _mean_of(board, base, int(board.variants[row])) for row in behind.row
    ]
    assert of_base[best].mean == pytest.approx(statistics.fmean(expected))
    assert all(of_base[best].mean >= cell.mean for cell in of_base.values())


def _mean_of(board: Board, name: str, variant: int) -> float:
    """The mean of a model, in the precision of another variant if it has that."""
    facts = board.facts
    rows = [at for at in range(len(board)) if facts.name(int(board.models[at])) == name]
    precision = facts.variants.precision[variant]
    same = [at for at in rows if facts.variants.precision[board.variants[at]] == precision]
    return float(board.mean[(same or rows)[0]])


def test_a_merge_with_known_ingredients_gains_what_the_table_says(board: Board) -> None:
    """`3prymmal-phi3-3b-slerp` against the better of its two ingredients, by the raw values."""
    name = "youlln/3prymmal-phi3-3b-slerp"
    gained = merges(board, "best", np.ones(len(board), np.bool_), None, None)
    at = [board.facts.name(each) for each in gained.gained.model.tolist()].index(name)
    means = {
        board.facts.name(int(board.models[row])): float(board.mean[row])
        for row in range(len(board))
    }
    best = max(means[parent] for parent in edges()[name])
    assert float(gained.gained.value[at]) == pytest.approx(means[name] - best)
    assert method_of(name) == "slerp"
