"""How strict models read bodies from outside."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mergehub.contracts.examples import VERSION_ID
from mergehub.contracts.hardware import Capacity
from mergehub.contracts.kinds.merge import MergeRunCreate, Parent
from mergehub.contracts.runs import ClaimRequest, RunError, RunProgress
from mergehub.contracts.strict import Time

MERGE: dict[str, Any] = {"kind": "merge", "recipe": "", "model_name": "m"}


@pytest.mark.parametrize("seed", [True, False, "1", 1.5, None, [1]])
def test_only_a_whole_number_is_an_integer(seed: Any) -> None:
    with pytest.raises(ValidationError, match="seed"):
        MergeRunCreate.model_validate(MERGE | {"seed": seed})


def test_the_fraction_of_a_whole_number_may_be_written() -> None:
    assert MergeRunCreate.model_validate(MERGE | {"seed": 7.0}).seed == 7
    assert Capacity.model_validate({"memory": 1e9}).memory == 1_000_000_000
    assert Parent.model_validate({"name": "m", "layers": [[0.0, 4]]}).layers == [(0, 4)]


@pytest.mark.parametrize("retryable", [0, 1, "true", "yes"])
def test_only_true_and_false_are_boolean(retryable: Any) -> None:
    with pytest.raises(ValidationError, match="retryable"):
        RunError.model_validate({"code": "c", "message": "m", "retryable": retryable})


def test_an_integer_is_a_number_and_text_is_none() -> None:
    progress = {"stage": "s", "done": 0, "total": 0, "unit": "u"}
    assert RunProgress.model_validate(progress | {"seconds": 3}).seconds == 3.0
    with pytest.raises(ValidationError, match="seconds"):
        RunProgress.model_validate(progress | {"seconds": "3"})


def test_ids_are_read_from_text() -> None:
    request = {"worker": "w", "nonce": VERSION_ID}
    assert str(ClaimRequest.model_validate(request).nonce) == VERSION_ID


@pytest.mark.parametrize("time", [0, 1.5, "0", "1764072000", "2026-11-25", "2026-11-25T12:00:00"])
def test_a_time_is_text_with_a_zone(time: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Time).validate_python(time)


def test_a_time_is_read_from_text() -> None:
    assert TypeAdapter(Time).validate_python("2026-11-25T12:00:00Z").year == 2026


def test_what_a_child_said_last_holds_no_nul() -> None:
    error = RunError(code="crashed", message="said \0").with_last_lines(["a\0b", "c"])
    assert (error.message, error.last_lines) == ("said \ufffd", ["a\ufffdb", "c"])
