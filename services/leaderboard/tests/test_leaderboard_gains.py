"""Gains of all merges at once, and in groups: against a plain loop, scipy, and properties."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tries import tries

from leaderboard.memory.facts import Facts
from leaderboard.memory.growing.facts import GrowingFacts
from leaderboard.statistics.student import t
from leaderboard.uplift.precisions import preference
from leaderboard.uplift.tables.cells import cells
from leaderboard.uplift.tables.gains import AGAINST, Gains, Standing, bases, gains

METHODS = (None, "slerp", "ties")
HELD = ("bfloat16", "float16", "4bit")


@st.composite
def hubs(draw: st.DrawFn) -> tuple[Facts, Standing]:
    """A small hub: originals, and merges of earlier models, some of them in several precisions."""
    size = draw(st.integers(1, 12))
    parents = {
        child: draw(st.sets(st.integers(0, child - 1), max_size=3)) if child else set()
        for child in range(size)
    }
    methods = [draw(st.sampled_from(METHODS)) for _ in range(size)]
    held = [draw(st.sets(st.sampled_from(HELD))) for _ in range(size)]
    variants = [(model, each) for model in range(size) for each in sorted(held[model])]
    facts = _facts(size, parents, methods, variants)
    scored = [at for at in range(len(variants)) if draw(st.booleans())]
    numbers = st.integers(0, 100)
    value = np.array([draw(numbers) for _ in scored], np.float64)
    error = np.array([draw(st.sampled_from((0.0, 1.5, 4.0, math.nan))) for _ in scored])
    return facts, Standing(np.array(scored, np.int32), value, error)


def _facts(size, parents, methods, variants) -> Facts:
    growing = GrowingFacts()
    models = [
        {"id": at, "name": f"m{at}", "known": True, "kind": "merge" if parents[at] else "original",
         "method": methods[at], "architecture": None, "family": None, "licence": None,
         "domains": (), "flags": (), "parameters": math.nan, "claimed": 0,
         "made_on": -1}
        for at in range(size)
    ]  # fmt: skip
    edges = [
        {"child": child, "parent": parent, "role": "ingredient", "relation": "merge",
         "method": methods[child], "weight": None}
        for child, all_of_them in parents.items() for parent in sorted(all_of_them)
    ]  # fmt: skip
    growing.put_models(models, edges)
    growing.put_variants(
        [{"id": at, "model_id": model, "revision": "", "precision": precision}
         for at, (model, precision) in enumerate(variants)]
    )  # fmt: skip
    return growing.facts(1, datetime.now(UTC))


def slowly(facts: Facts, standing: Standing, against: str) -> dict[int, tuple[float, float]]:
    """The same by loops over dictionaries."""
    scores: dict[int, dict[str, tuple[float, float]]] = {}
    rows = zip(standing.variant, standing.value, standing.error, strict=True)
    for variant, value, error in rows:
        precision = facts.codes.precision[facts.variants.precision[variant]]
        scores.setdefault(int(facts.variants.model[variant]), {})[precision] = (value, error)
    found = {}
    for model in range(len(facts.models)):
        others = _others(facts, model, against)
        if model not in scores or not others or not others <= scores.keys():
            continue
        precision = min(scores[model], key=preference)
        own = scores[model][precision]
        compared = [
            scores[each].get(precision, scores[each][min(scores[each], key=preference)])
            for each in sorted(others)
        ]
        found[model] = _difference(own, compared, best=against == "best")
    return found


def _others(facts: Facts, model: int, against: str) -> set[int]:
    parents = facts.models.parents
    own = set(parents.model[parents.of(model)].tolist())
    if against != "base" or not own:
        return own
    roots, ahead = set(), own
    while ahead:
        above = {each: set(parents.model[parents.of(each)].tolist()) for each in ahead}
        roots |= {each for each, of in above.items() if not of}
        ahead = set().union(*above.values())
    return roots if len(roots) == 1 else set()


def _difference(own, compared, *, best: bool) -> tuple[float, float]:
    if best:
        value, error = max(compared, key=lambda each: each[0])
    else:
        value = statistics.fmean(each[0] for each in compared)
        error = math.sqrt(sum(each[1] ** 2 for each in compared)) / len(compared)
    return own[0] - value, math.hypot(own[1], error)


@settings(max_examples=tries(25))
@given(hubs(), st.sampled_from(AGAINST))
def test_gains_are_those_of_a_plain_loop(hub, against):
    facts, standing = hub
    found = gains(facts, standing, against)
    expected = slowly(facts, standing, against)
    assert found.model.tolist() == sorted(expected)
    assert facts.variants.model[standing.variant[found.row]].tolist() == found.model.tolist()
    for model, value, error in zip(found.model.tolist(), found.value, found.error, strict=True):
        assert value == pytest.approx(expected[model][0])
        if against != "best":  # among equally good ingredients either error may be taken
            assert error == pytest.approx(expected[model][1], nan_ok=True)


@given(hubs())
def test_a_base_is_the_only_ancestor_without_parents(hub):
    facts, _ = hub
    found = bases(facts.models.parents)
    for model in range(len(facts.models)):
        expected = _others(facts, model, "base") or {model}
        is_merge = facts.models.parents.of(model).start < facts.models.parents.of(model).stop
        if is_merge and not _others(facts, model, "base"):
            expected = {-1}
        assert {int(found[model])} == expected


values = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-50, 50), st.sampled_from((0.0, 2.0, math.nan))),
    max_size=30,
)


def _gains(rows) -> tuple[Gains, np.ndarray]:
    keys, value, error = zip(*rows, strict=True) if rows else ((), (), ())
    every = np.arange(len(rows), dtype=np.int32)
    gained = Gains(every, every, np.array(value, float), np.array(error, float))
    return gained, np.array(keys, np.int64)


@given(values)
def test_cells_are_those_of_a_plain_loop(rows):
    found = cells(*_gains(rows))
    assert found.keys() == {key for key, _, _ in rows}
    for key, cell in found.items():
        own = [(value, error) for at, value, error in rows if at == key]
        points = [value for value, _ in own]
        reach = 1.959963984540054
        assert cell.merges == len(own)
        assert cell.better == sum(value > reach * error for value, error in own)
        assert cell.worse == sum(value < -reach * error for value, error in own)
        assert cell.better + cell.worse + cell.unclear == cell.merges
        assert cell.mean == pytest.approx(statistics.fmean(points))
        assert cell.median == pytest.approx(statistics.median(points))
        assert cell.share_better == sum(point > 0 for point in points) / len(points)
        half = reach * own[0][1]
        if len(own) > 1:
            half = stats.t.ppf(0.975, len(own) - 1) * stats.sem(points)
        assert cell.high - cell.mean == pytest.approx(half, rel=0.011, nan_ok=True)
        assert cell.mean - cell.low == pytest.approx(half, rel=0.011, nan_ok=True)


@given(values)
def test_a_table_of_the_other_side_is_the_mirror_image(rows):
    gained, keys = _gains(rows)
    there, back = cells(gained, keys), cells(replace(gained, value=-gained.value), keys)
    for key, cell in there.items():
        other = back[key]
        assert (cell.better, cell.worse, cell.unclear) == (other.worse, other.better, other.unclear)
        assert cell.mean == pytest.approx(-other.mean)
        assert cell.median == pytest.approx(-other.median)
        assert cell.low == pytest.approx(-other.high, nan_ok=True)


@pytest.mark.parametrize("freedom", [1, 2, 3, 5, 10, 30, 1000])
@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.2])
def test_quantiles_of_student_are_those_of_scipy(freedom, alpha):
    within = 1e-9 if freedom < 3 else 0.02 if alpha < 0.05 else 0.011
    assert t(alpha, freedom) == pytest.approx(stats.t.ppf(1 - alpha / 2, freedom), rel=within)
