"""Which models a recipe uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import NoneType
from typing import Any

from pydantic import BaseModel

from .faults import Path
from .reference import ModelRef
from .schema import ModelInput, ModelToken, OutputModule, OutputSlice, Recipe

_SCALARS = (str, int, float, NoneType)


def ingredients(recipe: Recipe) -> list[ModelRef]:
    """The models whose weights a recipe merges, each once: the base first, then as listed."""
    return list(dict.fromkeys(reference for _, reference in located(recipe)))


def tokenizer_models(recipe: Recipe) -> list[ModelRef]:
    """The models whose tokenizer, or a token's embedding, a recipe uses, each once."""
    return list(dict.fromkeys(_tokenizer_models(recipe)))


def references(recipe: Recipe) -> list[ModelRef]:
    """Every model that a recipe names anywhere, each once; adapters count as models of their own.

    Checks of what a recipe may access use this. The walk depends on no field's name, so it also
    finds models in fields that are added to the language later.
    """
    return list(dict.fromkeys(named_in(recipe)))


def named_in(value: Any) -> Iterator[ModelRef]:
    """Yield the models that part of a recipe names; adapters count as models of their own."""
    if isinstance(value, ModelRef):
        yield value.without_adapter
        yield from named_in(value.adapter)
        return
    for each in _within(value):
        if not isinstance(each, _SCALARS):
            yield from named_in(each)


def _within(value: Any) -> Iterable[Any]:
    if isinstance(value, BaseModel):
        return vars(value).values()
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, tuple | list) else ()


def located(recipe: Recipe) -> Iterator[tuple[Path, ModelRef]]:
    """Yield every mention of a model whose weights are merged, with its place; bases come first."""
    if recipe.base_model is not None:
        yield ("base_model",), recipe.base_model
    for path, part in _slices(recipe):
        if part.base_model is not None:
            yield (*path, "base_model"), part.base_model
    for path, entry in _inputs(recipe):
        yield (*path, "model"), entry.model


def _parts(recipe: Recipe) -> Iterator[tuple[Path, Recipe | OutputModule]]:
    yield (), recipe
    for name, module in (recipe.modules or {}).items():
        yield ("modules", name), module


def _slices(recipe: Recipe) -> Iterator[tuple[Path, OutputSlice]]:
    for path, part in _parts(recipe):
        for i, each in enumerate(part.slices or ()):
            yield (*path, "slices", i), each


def _inputs(recipe: Recipe) -> Iterator[tuple[Path, ModelInput]]:
    for path, part in _parts(recipe):
        for i, entry in enumerate(part.models or ()):
            yield (*path, "models", i), entry
    for path, cut in _slices(recipe):
        for i, source in enumerate(cut.sources):
            yield (*path, "sources", i), source


def _tokenizer_models(recipe: Recipe) -> Iterator[ModelRef]:
    options = recipe.tokenizer_options
    if options is None:
        return
    if isinstance(options.source, ModelRef):
        yield options.source
    for token in options.tokens.values():
        if isinstance(token.source, ModelToken):
            yield token.source.model
        elif isinstance(token.source, ModelRef):
            yield token.source
