"""`uplift` and `recommend`: tables and plots in the terminal, pictures, and a recipe."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from scripted import body, scripted

from mergehub.cli.commands.recommend import recipe
from mergehub.cli.commands.uplift.parts import WIDTH, forest
from mergehub.cli.main import main
from mergehub.cli.pictures.drawing import Picture, Words
from mergehub.cli.pictures.forest import Row
from mergehub.cli.pictures.forest import forest as plotted
from mergehub.cli.pictures.heat import Spot, colour, heat
from mergehub.cli.pictures.png import SCALE, png
from mergehub.cli.pictures.svg import svg
from mergehub.recipe import parse_recipe

SVG = "{http://www.w3.org/2000/svg}"


def difference(value: float, half: float | None = 0.1, verdict: str = "better") -> dict[str, Any]:
    ends = {"low": None, "high": None}
    if half is not None:
        ends = {"low": value - half, "high": value + half}
    found = {"value": value, **ends}
    return {
        "difference": found, "in_family": found, "p": 0.01, "p_in_family": 0.02, "reason": None,
        "verdict": verdict, "method": "unpaired", "paired": False, "items": 0,
    }  # fmt: skip


SCORE = {"value": 0.5, "low": 0.4, "high": 0.6}
PARENT = {
    "model": "left",
    "roles": ["ingredient"],
    "score": SCORE,
    "precision": "",
    **difference(0.2),
}
PART = {"score": SCORE, "parents": [PARENT], "best_parent": PARENT, "parents_mean": None}
MERGE = {
    "model": "me/soup",
    "parents": [{"model": "left", "measured": True}],
    "benchmarks": [{"benchmark": "gsm8k", **PART}],
    "domains": [{"domain": "maths", **PART}],
    "mean": PART,
}
GAIN = {"merges": 12, "better": 5, "worse": 1, "unclear": 6, "mean": 1.25, "low": 0.5, "high": 2.0,
        "median": 1.0, "share_better": 0.75}  # fmt: skip
TABLE = {
    "board": "overall", "how": "Means are compared.", "rows": ["ties"], "columns": ["org/base"],
    "cells": [{"method": "ties", "base": "org/base", **GAIN}],
    "by_method": [{"method": "ties", **GAIN}],
    "by_base": [{"base": "org/base", **GAIN}],
    "total": GAIN,
}  # fmt: skip
COMPARISON = {
    "models": [{"model": "a"}, {"model": "b"}],
    "benchmarks": [
        {"benchmark": "arc", "scores": [SCORE, None],
         "differences": [None, difference(-3, 1, "worse")]},
    ],
    "domains": [],
    "mean": {"scores": [SCORE, SCORE],
             "differences": [None, difference(1, None, "no clear difference")]},
}  # fmt: skip
ITEM = {
    "ingredients": [{"model": "me/maths"}, {"model": "me/words"}],
    "complement": 4.5, "complement_error": 1.25, "potential": 50.0,
    "why": ["me/maths is the best of them in GSM8K."],
    "licence": {"verdict": "unknown", "reasons": ["The licence of a model is not known."]},
    "kin": [{"model": "me/old", "method": "ties", "ingredients": ["me/maths", "x"],
             "gain": SCORE, "verdict": "better"}],
}  # fmt: skip
ADVICE = {
    "base": "org/base", "evidence": "little", "note": "Only 3 merges on this base are measured.",
    "left_out": [{"reason": "another size", "count": 2}], "method": "ties", "items": [ITEM],
}  # fmt: skip


def run(answer: Mapping[str, Any], *words: str) -> Result:
    with scripted(body(dict(answer))) as hub:
        return CliRunner().invoke(main, ["--url", hub.url, "--token", "t", *words])


def test_a_merge_has_a_table_and_a_plot_with_its_domains() -> None:
    done = run(MERGE, "uplift", "me/soup")
    assert done.exit_code == 0, done.output
    assert "left (ingredient)" in done.stdout
    assert "maths (domain)" in done.stdout
    plot = done.stdout.partition("Uplift over the best ingredient:")[2]
    assert plot.count("●") == 3


def test_the_table_lists_methods_and_cells() -> None:
    done = run(TABLE, "uplift", "--table")
    assert "+1.25 [+0.50, +2.00]" in done.stdout
    assert "org/base" in done.stdout
    assert "all" in done.stdout


def test_a_table_without_merges_is_a_sentence() -> None:
    assert "No merge of this board" in run({**TABLE, "rows": []}, "uplift", "--table").stdout


def test_models_are_compared_with_the_first() -> None:
    done = run(COMPARISON, "uplift", "--compare", "a", "b")
    assert "b minus a" in done.stdout
    assert "-3.00 [-4.00, -2.00]" in done.stdout
    assert "+1.00 [unknown]" in done.stdout


@pytest.mark.parametrize(
    "words",
    [[], ["a", "b"], ["--table", "a"], ["--compare", "a"], ["--table", "--compare", "a", "b"],
     ["--compare", *"abcdefg"]],
)  # fmt: skip
def test_what_makes_no_sense_together_is_refused(words: list[str]) -> None:
    done = run({}, "uplift", *words)
    assert done.exit_code == 2
    assert "Error" in done.stderr


@pytest.mark.parametrize(
    ("answer", "words"),
    [(MERGE, ["me/soup"]), (TABLE, ["--table"]), (COMPARISON, ["--compare", "a", "b"])],
)
def test_each_view_is_saved_as_a_picture_and_printed_as_json(
    answer: Mapping[str, Any], words: list[str], tmp_path: Path
) -> None:
    files = [str(tmp_path / name) for name in ("plot.svg", "plot.png")]
    done = run(answer, "uplift", *words, "--svg", files[0], "--png", files[1], "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == answer
    assert ElementTree.fromstring(Path(files[0]).read_text()).tag == f"{SVG}svg"
    assert Path(files[1]).read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    done = run(TABLE, "uplift", "--table", "--svg", str(tmp_path / "none" / "plot.svg"))
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr


def test_recommendations_are_plain_about_evidence_and_end_with_a_recipe() -> None:
    done = run(ADVICE, "recommend", "org/base", "--domain", "maths")
    assert "Evidence: little. Only 3 merges" in done.stdout
    assert "me/maths is the best of them in GSM8K." in done.stdout
    assert "The licence of a model is not known." in done.stdout
    assert "2 another size" in done.stderr
    text = done.stdout.partition("A recipe to begin with:")[2].strip()
    assert parse_recipe(text).merge_method == "ties"


def test_without_a_pair_there_is_no_recipe() -> None:
    done = run({**ADVICE, "items": [], "evidence": "none"}, "recommend", "org/base")
    assert "recipe" not in done.stdout
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("method", "size", "used", "base"),
    [
        ("ties", 2, "ties", "org/base"),
        ("slerp", 2, "slerp", "m0"),
        ("slerp", 3, "linear", None),
        ("model_stock", 3, "model_stock", "org/base"),
        ("unheard_of", 2, "linear", None),
        (None, 3, "linear", None),
    ],
)
def test_the_recipe_suits_its_method(
    method: str | None, size: int, used: str, base: str | None
) -> None:
    models = [{"model": f"m{at}"} for at in range(size)]
    text = recipe({"base": "org/base", "method": method, "items": [{"ingredients": models}]})
    found = parse_recipe(text)
    assert found.merge_method == used
    assert (found.base_model and str(found.base_model)) == base


numbers = st.floats(-50, 50).filter(lambda value: value == 0 or abs(value) > 1e-3)
rows = st.lists(
    st.tuples(numbers, st.floats(0, 20), st.sampled_from(["better", "worse"])),
    min_size=1,
    max_size=8,
)


@given(rows)
def test_a_plot_in_letters_has_its_points_in_order(told: list[tuple[float, float, str]]) -> None:
    found = [Row("x", value, value - half, value + half, how) for value, half, how in told]
    lines = forest(found).plain.splitlines()[:-1]
    places = [(row.value, line.index("●")) for row, line in zip(found, lines, strict=True)]
    ordered = [place for _, place in sorted(places)]
    assert ordered == sorted(ordered)
    for line in lines:
        assert len(line) == 3 + WIDTH


@given(rows)
def test_a_plot_is_a_picture_within_its_bounds(told: list[tuple[float, float, str]]) -> None:
    found = [Row("<&>", value, value - half, value + half, how) for value, half, how in told]
    picture = plotted("A & B", found, "points")
    root = ElementTree.fromstring(svg(picture))
    assert root.findtext(f"{SVG}title") == "A & B"
    discs = root.findall(f"{SVG}circle")
    assert len(discs) == len(found)
    assert all(0 <= float(disc.get("cx", "")) <= picture.width for disc in discs)


def test_an_unknown_interval_is_a_point_alone() -> None:
    row = Row("x", 1.0, math.nan, math.nan, "no clear difference")
    assert "├" not in forest([row]).plain
    assert "[unknown]" in svg(plotted("t", [row], "points"))


def test_a_png_has_the_size_of_its_picture() -> None:
    picture = Picture("t", 120, 80, [Words(10, 20, "Text")])
    width, height = struct.unpack(">II", png(picture)[16:24])
    assert (width, height) == (120 * SCALE, 80 * SCALE)


def test_a_heat_map_is_green_where_merges_gained() -> None:
    assert colour(0) == "#ffffff"
    green, red = colour(1), colour(-1)
    assert int(green[3:5], 16) > int(green[1:3], 16)
    assert int(red[1:3], 16) > int(red[3:5], 16)
    text = svg(heat("t", ["ties"], ["org/base"], {("ties", "org/base"): Spot(1.5, 1)}))
    assert "1 merge<" in text
    assert green in text
