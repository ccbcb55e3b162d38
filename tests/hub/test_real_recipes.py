"""Recipes of other people, with local models instead of theirs, merged through the API."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import RunningHub

from mergehub.contracts.runs import RunState
from mergehub.recipe import RecipeError, parse_to_merge

METHODS = ("linear", "slerp", "task_arithmetic", "ties", "dare_ties", "passthrough")
STAND_INS = ("deep-base", "deep-left", "deep-right")


def real_recipes(method: str) -> list[Path]:
    folder = os.environ.get("MERGEHUB_REAL_DATA")
    if not folder:
        pytest.skip("MERGEHUB_REAL_DATA does not name a folder with real recipes.")
    return sorted((Path(folder) / "recipes").glob(f"*-{method}.yml"))


def with_stand_ins(document: Any, names: dict[str, str]) -> Any:
    """The document with every model name replaced; the same name gets the same stand-in."""
    if isinstance(document, list):
        return [with_stand_ins(each, names) for each in document]
    if not isinstance(document, dict):
        return document
    replaced = {key: with_stand_ins(value, names) for key, value in document.items()}
    for key in ("base_model", "model"):
        if isinstance(replaced.get(key), str):
            name = replaced[key]
            replaced[key] = names.setdefault(name, STAND_INS[len(names) % len(STAND_INS)])
    if replaced.get("tokenizer_source") not in (None, "base", "union"):
        replaced["tokenizer_source"] = "base"
    return replaced


def first_that_fits(method: str) -> str:
    """The first real recipe of `method` that the hub accepts, with local models."""
    for path in real_recipes(method):
        try:
            text = yaml.safe_dump(with_stand_ins(yaml.safe_load(path.read_text()), {}))
            parse_to_merge(text)
        except (yaml.YAMLError, RecipeError):
            continue
        return text
    raise AssertionError(f"No real recipe of {method} was accepted.")


@pytest.mark.parametrize("method", METHODS)
def test_a_real_recipe_of_each_method_merges_through_the_api(hub: RunningHub, method: str) -> None:
    recipe = first_that_fits(method)
    with hub.client() as client:
        wanted = {"kind": "merge", "recipe": recipe, "model_name": f"real/{method}"}
        *_, last = client.follow(client.submit(wanted).id)
    assert last.state is RunState.SUCCEEDED, (recipe, last.error)
    assert last.result is not None
    assert last.result["method"] == method
