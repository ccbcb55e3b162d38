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
from leaderboard.boards.making.maker import BoardMaker
from leaderboard.boards.service import of_hub
from leaderboard.boards.standing import Board
from leaderboard.memory.growing.facts import GrowingFacts
from leaderboard.memory.keys import SettingKey
from leaderboard.uplift.tables.table import merges, table
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
            "licence": None, "domains": (), "flags": (), "parameters": math.nan, "claimed": 0,
            "made_on": -1,
        }  # fmt: skip


SHEET = "open_llm_v2_every_eval_ever_flat.csv"


@pytest.fixture(scope="module")
def board() -> Board:
    """The board of the Open LLM Leaderboard v2 over the real table."""
    growing, of = GrowingFacts(), dict(models())
    parents = [
        {"child": of[child]["id"], "parent": of[parent]["id"],
         "relation": "merge" if len(all_of_them) > 1 else "finetune",
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


def means(board: Board) -> dict[str, float]:
    """The mean of each model; of several rows that of the last."""
    names = [board.facts.name(model) for model in board.models.tolist()]
    return dict(zip(names, board.mean.tolist(), strict=True))


def test_the_method_that_lifts_most_on_one_base_is_found(board: Board) -> None:
    """The column with the most merges, again by a plain loop over the files."""
    rows = np.ones(len(board), np.bool_)
    found = table(board, "best", rows, 200)
    assert found.all is not None
    column = found.bases[0]
    of_column = {method: cell for (method, base), cell in found.cells.items() if base == column}
    best = max(of_column, key=lambda method: of_column[method].mean)
    known, gained = means(board), defaultdict(list)
    behind = merges(board, "best", rows, None, column)
    for model in behind.gained.model.tolist():
        name = board.facts.name(model)
        over = max(known[parent] for parent in edges()[name])
        gained[method_of(name) or "unknown"].append(known[name] - over)
    assert {method: len(each) for method, each in gained.items()} == {
        method: cell.merges for method, cell in of_column.items()
    }
    averages = {method: statistics.fmean(each) for method, each in gained.items()}
    assert max(averages, key=lambda method: averages[method]) == best
    assert of_column[best].mean == pytest.approx(averages[best])
    assert all(cell.better + cell.worse <= cell.merges for cell in of_column.values())


def test_a_merge_with_known_ingredients_gains_what_the_table_says(board: Board) -> None:
    """`3prymmal-phi3-3b-slerp` against the better of its two ingredients, by the raw values."""
    name = "youlln/3prymmal-phi3-3b-slerp"
    gained = merges(board, "best", np.ones(len(board), np.bool_), None, None)
    at = [board.facts.name(each) for each in gained.gained.model.tolist()].index(name)
    known = means(board)
    best = max(known[parent] for parent in edges()[name])
    assert float(gained.gained.value[at]) == pytest.approx(known[name] - best)
    assert method_of(name) == "slerp"
