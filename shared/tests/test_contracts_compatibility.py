"""The compatibility checker finds what breaks a reader, and accepts the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Optional
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model

from tools.compatibility import unreadable


def model(**fields: Any) -> type[BaseModel]:
    """A model whose fields are given as a type, or as a type and a default."""
    told = {name: each if isinstance(each, tuple) else (each, ...) for name, each in fields.items()}
    return create_model("Event", **told)


def faults(old: type[BaseModel], new: type[BaseModel]) -> list[str]:
    """The breaks for readers of the old model, and for events of the old model."""
    written = {each: each.model_json_schema(mode="serialization") for each in (old, new)}
    return unreadable(written[new], written[old]) + unreadable(
        written[old], new.model_json_schema(mode="validation")
    )


class Leaf(BaseModel):
    name: str
    base: Leaf | None = None


class WiderLeaf(BaseModel):
    name: str | None
    base: WiderLeaf | None = None


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str


class ClosedAndMore(Closed):
    weight: float = 0


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"


Both = Annotated[Cat | Dog, Field(discriminator="kind")]

Short = Annotated[str, Field(max_length=10)]
Long = Annotated[str, Field(max_length=20)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (model(a=int), model(a=int, b=(str, ""))),
        (model(a=int), model(a=int, b=(str | None, None))),
        (model(a=float), model(a=float, b=(list[Leaf], []))),
        (model(a=Leaf), model(a=Leaf)),
        (model(a=dict[str, Any]), model(a=dict[str, Any])),
        (model(a=dict[str, float]), model(a=dict[str, float])),
        (model(a=list[tuple[int, int]] | None), model(a=list[tuple[int, int]] | None)),
        (model(a=Both), model(a=Both)),
        (model(a=Closed), model(a=Closed)),
        (model(a=Any), model(a=Any)),
        (model(a=(int | None, None)), model(a=(int | None, 3))),
    ],
    ids=[
        "field added", "nullable field added", "list added", "the same", "the same object",
        "the same values", "the same tuples", "the same union", "the same closed model", "anything",
        "another default",
    ],
)  # fmt: skip
def test_what_breaks_nobody(old: type[BaseModel], new: type[BaseModel]) -> None:
    assert faults(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (model(a=int, b=str), model(a=int), ["b is not written, but readers need it"]),
        (model(a=int), model(c=(int, 0)), ["a is not written, but readers need it"]),
        (model(a=int), model(a=int, b=str), ["b is not written, but readers need it"]),
        (model(a=str), model(a=str | None), ["a may be null, but readers take string"]),
        (model(a=str | None), model(a=str), ["a may be null, but readers take string"]),
        (model(a=int), model(a=float), ["a may be number, but readers take integer"]),
        (model(a=float), model(a=int), ["a may be number, but readers take integer"]),
        (model(a=UUID), model(a=str), ["a may lack format 'uuid', which readers rely on"]),
        (model(a=str), model(a=datetime), ["a may lack format 'date-time', which readers rely on"]),
        (model(a=Short), model(a=Long), ["a may go beyond maxLength 10, which readers rely on"]),
        (model(a=Long), model(a=Short), ["a may go beyond maxLength 10, which readers rely on"]),
        (model(a=str), model(a=Short), ["a may go beyond maxLength 10, which readers rely on"]),
        (
            model(a=Literal["x", "y"]), model(a=Literal["x", "y", "z"]),
            ["a may be 'z', but readers know ['x', 'y']"],
        ),
        (
            model(a=Literal["x", "y"]), model(a=Literal["x"]),
            ["a may be 'y', but readers know ['x']"],
        ),
        (
            model(a=Literal["x", "y"]), model(a=str),
            ["a may be 'anything', but readers know ['x', 'y']"],
        ),
        (model(a=list[int]), model(a=list[str]), [
            "a[] may be string, but readers take integer",
            "a[] may be integer, but readers take string",
        ]),
        (model(a=list[int]), model(a=int), [
            "a may be integer, but readers take array",
            "a may be array, but readers take integer",
        ]),
        (model(a=tuple[int, int]), model(a=tuple[int, int, int]), [
            "a may go beyond maxItems 2, which readers rely on",
            "a may go beyond minItems 3, which readers rely on",
            "a[] has 2 fixed places, but readers need 3",
        ]),
        (
            model(a=tuple[int, int]), model(a=list[int]),
            ["a may go beyond minItems 2, which readers rely on",
             "a may go beyond maxItems 2, which readers rely on",
             "a[] has 0 fixed places, but readers need 2"],
        ),
        (model(a=dict[str, int]), model(a=dict[str, float]), [
            "a.* may be number, but readers take integer"
        ]),
        (model(a=dict[str, int]), model(a=dict[str, Any]), [
            "a.* may be anything, but readers take integer"
        ]),
        (model(a=Leaf), model(a=WiderLeaf), ["a.name may be null, but readers take string"]),
        (model(a=Closed), model(a=ClosedAndMore), [
            "a.weight is unknown, and readers refuse unknown fields"
        ]),
        (model(a=Cat), model(a=Both), ["a.kind may be 'dog', but readers know ['cat']"]),
        (model(a=Both), model(a=Cat), ["a.kind may be 'dog', but readers know ['cat']"]),
        (model(a=int), model(a=Any), ["a may be anything, but readers take integer"]),
    ],
    ids=[
        "field removed", "field renamed", "required field added", "made nullable",
        "no longer nullable", "type widened", "type narrowed", "format dropped", "format added",
        "bound loosened", "bound tightened", "bound added", "value added", "value removed",
        "values dropped", "other items", "no longer a list", "tuple longer", "tuple to list",
        "values widened", "values of any type", "deep inside", "field added where none may be",
        "kind added", "kind removed", "type dropped",
    ],
)  # fmt: skip
def test_what_breaks_a_reader_is_named_with_its_place(
    old: type[BaseModel], new: type[BaseModel], said: Sequence[str]
) -> None:
    found = faults(old, new)
    assert [each for each in said if each not in found] == []


def test_what_is_left_out_is_not_what_is_null() -> None:
    written = {"type": "object", "properties": {"a": {"type": "string"}}}
    read = written | {"required": ["a"]}
    assert unreadable(written, read) == ["a may be left out, but readers need it"]


def test_what_is_not_understood_is_refused() -> None:
    odd = {"type": "object", "properties": {"a": {"if": {}, "then": {}}}}
    with pytest.raises(ValueError, match="unknown keyword if, then"):
        unreadable(odd, odd)


def test_a_model_that_holds_itself_is_looked_at_once() -> None:
    deep = model(a=Optional[Leaf], b=list[Leaf])  # noqa: UP045 - a type made at run time
    assert faults(deep, deep) == []


def test_what_a_string_holds_is_judged_too() -> None:
    def holding(kind: str) -> dict[str, Any]:
        return {"type": "string", "contentSchema": {"type": kind}}

    assert unreadable(holding("integer"), holding("integer")) == []
    assert unreadable(holding("string"), holding("integer"))
