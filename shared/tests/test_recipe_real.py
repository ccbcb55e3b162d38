"""Recipes by other people for mergekit, from the folder that MERGEHUB_REAL_DATA names."""

from __future__ import annotations

import csv
import os
from itertools import pairwise
from pathlib import Path

import pytest

from mergehub.recipe import RecipeError, canonical, parse_recipe, parse_with_warnings, to_yaml
from mergehub.recipe.difference import differences

DATA = os.environ.get("MERGEHUB_REAL_DATA")
FOLDER = Path(DATA or ".") / "recipes"
pytestmark = pytest.mark.skipif(
    DATA is None, reason="MERGEHUB_REAL_DATA names no folder of real recipes"
)


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str]:
    """mergekit 0.1.5's verdict on each file: "ok", what it silently ignores, or why it refuses."""
    with (FOLDER / "SOURCES.csv").open(newline="") as table:
        return {row["file"]: row["mergekit_0.1.5_verdict"] for row in csv.DictReader(table)}


def codes(text: str) -> set[str]:
    """The kinds of faults that a text is refused for; none if it is accepted."""
    try:
        parse_recipe(text)
    except RecipeError as error:
        return {fault.code for fault in error.faults}
    return set()


def texts(verdicts: dict[str, str], start: str) -> dict[str, str]:
    names = [name for name, verdict in verdicts.items() if verdict.startswith(start)]
    assert names
    return {name: (FOLDER / name).read_text() for name in names}


def test_every_recipe_that_mergekit_accepts_lacks_at_most_its_method(
    verdicts: dict[str, str],
) -> None:
    accepted = {
        name: text for name, text in texts(verdicts, "ok").items() if verdicts[name] == "ok"
    }
    refused = {name: found for name, text in accepted.items() if (found := codes(text))}
    # One slice with three numbers of layers, which mergekit notices only when it merges.
    assert refused.pop("337-passthrough.yml") == {"count"}
    # An epsilon of 0.25 around densities of 0.25 and 0.75 gives probabilities of 0 and 1.
    assert refused.pop("011-della.yml") == {"range"}
    assert {name: found for name, found in refused.items() if found != {"unknown-method"}} == {}
    assert len(refused) < len(accepted) / 4


def test_every_recipe_with_a_method_nobody_knows_is_refused_for_it(
    verdicts: dict[str, str],
) -> None:
    for name, text in texts(verdicts, "unknown method").items():
        assert "unknown-method" in codes(text), name


def test_every_key_that_mergekit_silently_ignores_is_refused(verdicts: dict[str, str]) -> None:
    wanted = {"unknown-method", "unknown-field", "unknown-parameter"}
    for name, text in texts(verdicts, "ok, silently ignored").items():
        assert codes(text) & wanted, name


def test_two_real_recipes_differ_unless_they_merge_the_same(verdicts: dict[str, str]) -> None:
    found = [parse_recipe(text) for text in texts(verdicts, "ok").values() if not codes(text)]
    assert all(differences(each, parse_recipe(to_yaml(each))) == [] for each in found)
    for old, new in pairwise(found):
        if canonical(old) != canonical(new):
            assert differences(old, new)


def test_every_accepted_recipe_survives_writing_and_canonical_form(
    verdicts: dict[str, str],
) -> None:
    for name, text in texts(verdicts, "ok").items():
        if codes(text):
            continue
        recipe, warnings = parse_with_warnings(text)
        assert parse_recipe(to_yaml(recipe)) == recipe, name
        assert canonical(parse_recipe(canonical(recipe).decode())) == canonical(recipe), name
        assert all(warning.message for warning in warnings), name
