"""Recipes by other people, with small models in place of theirs: all plan, many merge."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from merge_worker.engine import (
    NotSupportedError,
    Plan,
    PlanError,
    digest_of_folder,
    merge,
    plan_merge,
)
from merge_worker.engine.methods import discover
from mergehub.recipe import Recipe, RecipeError, parse_recipe

DATA = os.environ.get("MERGEHUB_REAL_DATA")
pytestmark = pytest.mark.skipif(
    DATA is None, reason="MERGEHUB_REAL_DATA names no folder of real recipes"
)
METHODS = sorted(discover())
MERGED_EACH = 4
REFUSED = {
    "268-linear.yml": "/tokenizer/tokens: not built yet",
    "364-linear.yml": "/tokenizer/tokens: not built yet",
}


@dataclass
class StandIns:
    """Small models with one vocabulary, one for each name that a recipe uses."""

    shop: Any
    depth: int
    names: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """The stand-in of a model."""
        if name not in self.names:
            self.names[name] = self._model(len(self.names))
        return self.names[name]

    def _model(self, number: int) -> str:
        name = f"depth{self.depth}-{number}"
        folder = self.shop.folder / name
        if not folder.is_dir():
            config = self.shop.llama_config(layers=self.depth)
            self.shop.model(name, self.shop.llama(number, layers=self.depth), config=config)
            (folder / "tokenizer.json").write_text('{"model": {"vocab": {"a": 0, "b": 1}}}')
        return f"./{name}"

    def replaced(self, document: Any) -> Any:
        """A document with stand-ins for all models; they are folders, so revisions are dropped."""
        if isinstance(document, list):
            return [self.replaced(each) for each in document]
        if not isinstance(document, dict):
            return document
        named = {key: value for key, value in document.items() if key != "revision"}
        return {key: self._value(key, value) for key, value in named.items()}

    def _value(self, key: str, value: Any) -> Any:
        named = key in ("model", "base_model") or (
            key in ("tokenizer_source", "source") and value not in ("base", "union")
        )
        return self.of(value) if named and isinstance(value, str) else self.replaced(value)


@cache
def accepted() -> dict[str, str]:
    """The recipes that the language accepts, by file name."""
    found = {}
    for path in sorted((Path(DATA or ".") / "recipes").glob("*.yml")):
        try:
            parse_recipe(path.read_text())
        except RecipeError:
            continue
        found[path.name] = path.read_text()
    return found


def planned(shop: Any, text: str) -> Plan:
    """The plan of a recipe with stand-ins as deep as it needs."""
    recipe: Recipe = parse_recipe(text)
    ends = [source.layers.stop for part in recipe.all_slices for source in part.sources]
    document = StandIns(shop, max(ends, default=4)).replaced(yaml.safe_load(text))
    return plan_merge(parse_recipe(yaml.safe_dump(document)), shop.sources)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, workshop_class: Any) -> Any:
    return workshop_class(tmp_path_factory.mktemp("real"))


def test_every_real_recipe_plans_but_for_options_that_are_not_supported(shop: Any) -> None:
    recipes, refused = accepted(), {}
    for name, text in recipes.items():
        try:
            assert planned(shop, text).tensors
        except (NotSupportedError, PlanError) as error:
            refused[name] = str(error)
    assert len(recipes) > 150
    assert refused.keys() == REFUSED.keys()
    assert all(reason in refused[name] for name, reason in REFUSED.items())


@pytest.mark.parametrize("method", METHODS)
def test_real_recipes_of_every_method_merge(shop: Any, method: str, tmp_path: Path) -> None:
    merged = {name: text for name, text in accepted().items() if name not in REFUSED}
    texts = [text for name, text in merged.items() if name.endswith(f"-{method}.yml")]
    for i, text in enumerate(texts[:MERGED_EACH]):
        plan = planned(shop, text)
        out = tmp_path / str(i)
        result = merge(plan, out)
        assert result.output_digest == digest_of_folder(out)
        found = shop.read(out)
        assert found.keys() == {tensor.name for tensor in plan.tensors}
        assert all(np.isfinite(values).all() for values in found.values())
