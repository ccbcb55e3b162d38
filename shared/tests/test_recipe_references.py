"""Every model that a recipe names is found, wherever the language has a place for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from mergehub.recipe import ModelRef, Recipe, parse_recipe, references

DEEPEST = 8
SECRET = ModelRef.parse("run:5f0c2f0e-6a8e-4c34-9c51-0d1f6f0f4a11")
OTHER = ModelRef.parse("org/other")

RECIPE = """
merge_method: ties
base_model: org/base
slices:
  - base_model: org/slice-base
    sources:
      - {model: org/a+org/adapter, layer_range: [0, 2], parameters: {weight: 1}}
      - model: {model: {path: org/b}, lora: {path: org/lora}}
        layer_range: [0, 2]
        parameters: {weight: 1}
tokenizer:
  source: org/tokenizer
  tokens:
    <a>: {source: org/token}
    <b>: {source: {kind: model_token, model: org/rows, token: x}}
    <c>: {source: {kind: zero}}
parameters: {density: 0.5}
"""


def places(annotation: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every place in a type that a ModelRef can have, with a value that has SECRET there."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if path.count("/") > DEEPEST:  # values of parameters nest without limit, and contain no model
        return
    if annotation is ModelRef:
        yield path, SECRET
        yield f"{path}+adapter", OTHER.model_copy(update={"adapter": SECRET})
    elif origin is Annotated:
        yield from places(inner[0], path)
    elif origin in (Union, UnionType):
        for each in inner:
            yield from places(each, path)
    elif origin is tuple:
        for each in inner:
            yield from ((place, (value,)) for place, value in places(each, f"{path}/0"))
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from ((place, {"x": value}) for place, value in places(inner[1], f"{path}/x"))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            for place, value in places(field.annotation, f"{path}/{name}"):
                yield place, annotation.model_construct(**_defaults(annotation) | {name: value})
    else:
        assert annotation in (str, int, float, bool, NoneType, Any, ...) or origin is Literal, (
            f"{path}: teach this test the way through {annotation}"
        )


def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    given = {name: field.get_default(call_default_factory=True) for name, field in
             model.model_fields.items()}  # fmt: skip
    return {name: value for name, value in given.items() if value is not PydanticUndefined} | {
        name: None for name, value in given.items() if value is PydanticUndefined
    }


PLACES = dict(places(Recipe))


def test_the_places_known_today_are_among_those_that_are_tried() -> None:
    assert {
        "/base_model", "/models/0/model", "/models/0/model+adapter", "/slices/0/base_model",
        "/slices/0/sources/0/model", "/modules/x/models/0/model", "/tokenizer_source",
        "/modules/x/slices/0/base_model", "/tokenizer/source", "/tokenizer/tokens/x/source",
        "/tokenizer/tokens/x/source/model",
    } <= PLACES.keys()  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_model_is_found_at_every_place_of_the_language(place: str) -> None:
    assert SECRET in references(PLACES[place])


def test_each_is_named_once_and_adapters_by_themselves() -> None:
    found = [str(each) for each in references(parse_recipe(RECIPE))]
    assert sorted(found) == [
        "org/a", "org/adapter", "org/b", "org/base", "org/lora", "org/rows", "org/slice-base",
        "org/token", "org/tokenizer",
    ]  # fmt: skip
    assert len(set(found)) == len(found)
