"""The texts of made recipes, as people write them: valid, and each with models of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from benchmarks.registry.made import Made
from mergehub.recipe import MethodSpec, RecipeError, catalogue, parse_to_merge

LAYERS = 32


def texts(recipes: Iterator[Made]) -> Iterator[tuple[Made, str]]:
    """The recipes that can be written with one value for each parameter, with their texts."""
    for made in recipes:
        written = yaml.safe_dump(_document(made), sort_keys=False)
        try:
            parse_to_merge(written)
        except RecipeError:  # the counts of a shape do not say all that a method requires
            continue
        yield made, written


def _document(made: Made) -> dict[str, Any]:
    method = catalogue()[made.shape.method]
    document: dict[str, Any] = {"merge_method": method.name, "dtype": "bfloat16"}
    models = made.models
    if made.shape.based:
        document["base_model"] = models[0]
        models = models if method.base == "member" else models[1:]
    if made.shape.form == "slices":
        document["slices"] = _slices(made, method, models)
    else:
        document["models"] = [
            {"model": each, "parameters": _values(made, method, "model", at)}
            for at, each in enumerate(models)
        ]
    return document | {"parameters": _values(made, method, "recipe", 0)}


def _slices(made: Made, method: MethodSpec, models: list[str]) -> list[dict[str, Any]]:
    """One slice of all models, or for a method that takes one, a slice of each."""
    sources = [
        {"model": each, "layer_range": [0, LAYERS], "parameters": _values(made, method, "model", 0)}
        for each in models
    ]
    return [{"sources": [each]} for each in sources] if method.max_models == 1 else [
        {"sources": sources}
    ]  # fmt: skip


def _values(made: Made, method: MethodSpec, scope: str, at: int) -> dict[str, float]:
    return {
        spec.name: values[at % len(values)]
        for spec in method.parameters
        if spec.scope == scope and (values := made.parameters.get(spec.name))
    }
