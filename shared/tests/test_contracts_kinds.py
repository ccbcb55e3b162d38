"""A kind of run is declared whole, or its file cannot be imported."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from mergehub.contracts.kinds import KINDS, MAKERS
from mergehub.contracts.kinds.kind import Create, Result, RunKind, Spec


class CountCreate(Create):
    kind: Literal["count"]


class CountSpec(Spec):
    kind: Literal["count"]
    model_name: str

    @property
    def named(self) -> str:
        return self.model_name


class CountResult(Result):
    kind: Literal["count"]


class WithoutName(Spec):
    kind: Literal["count"]

    @property
    def named(self) -> str:
        return ""


class WithoutNamed(Spec):
    kind: Literal["count"]
    model_name: str


class OfAnotherKind(Result):
    kind: Literal["weigh"]


class WithoutKind(Result):
    """It has no field at all."""


WHOLE: dict[str, Any] = {"create": CountCreate, "spec": CountSpec, "result": CountResult}


def declared(**changes: Any) -> RunKind:
    return RunKind("count", **WHOLE | changes, timeout_seconds=1)


def test_a_whole_declaration_is_taken() -> None:
    assert declared().name == "count"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"spec": WithoutName}, "WithoutName needs a field `model_name: str`"),
        ({"spec": WithoutNamed}, "WithoutNamed needs the property `named`"),
        ({"result": WithoutKind}, "WithoutKind needs a field `kind: Literal\\['count'\\]`"),
        ({"result": OfAnotherKind}, "OfAnotherKind needs a field `kind: Literal\\['count'\\]`"),
    ],
)
def test_what_a_declaration_lacks_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        declared(**changes)


def test_only_merges_make_models() -> None:
    assert (list(KINDS), MAKERS) == (
        ["ablate", "evaluate", "merge", "push", "verify"],
        ("merge",),
    )
