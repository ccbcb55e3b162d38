"""How the files of a merge depart from its lock, and the digests of locks and outputs."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from mergehub.recipe import Lock
from mergehub.recipe.lock import lock_digest
from mergehub.recipe.reproducing.departures import departures
from mergehub.recipe.reproducing.outputs import output_digest

WEIGHTS, CONFIG, EXTRA = "model.safetensors", "config.json", "extra.safetensors"


def part(ref: str, **files: str) -> dict[str, Any]:
    names = {"weights": WEIGHTS, "config": CONFIG, "extra": EXTRA}
    return {
        "ref": ref, "kind": "folder",
        "files": {names[each]: {"sha256": digit * 64, "size": 1} for each, digit in files.items()},
    }  # fmt: skip


def lock(*parts: dict[str, Any]) -> Lock:
    plain = {"recipe": f"sha256:{'0' * 64}", "engine": "5", "seed": 0, "ingredients": parts}
    return Lock.model_validate(plain)


LOCKED = lock(part("a", weights="1", config="2"), part("b+c", weights="3"), part("c", weights="4"))


def test_the_same_files_depart_in_nothing() -> None:
    assert list(departures(LOCKED, LOCKED)) == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (part("a", weights="9", config="2"), f"{WEIGHTS} of a has the SHA-256 {'9' * 64} here"),
        (part("a", weights="1", config="9"), f"{CONFIG} of a has the SHA-256 {'9' * 64} here"),
        (part("a", config="2"), f"{WEIGHTS} of a is in the lock, but not here."),
        (part("a", weights="1", extra="7"), f"{EXTRA} of a is not in the lock."),
        (part("other", weights="1"), "The merge does not read a any more."),
    ],
)
def test_each_departure_names_its_file(changed: dict[str, Any], says: str) -> None:
    now = lock(changed, part("b+c", weights="3"), part("c", weights="4"))
    (said,) = departures(LOCKED, now)
    assert says in said


def test_what_an_engine_reads_beside_the_weights_may_change() -> None:
    now = lock(part("a", weights="1"), part("b+c", weights="3", config="8"), part("c", weights="4"))
    assert list(departures(LOCKED, now)) == []


def test_the_digest_of_a_lock_is_that_of_its_canonical_json() -> None:
    plain = LOCKED.model_dump(mode="json")
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))  # ASCII, no fractions
    assert lock_digest(LOCKED) == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_the_digest_of_an_output_covers_its_tensors_by_name() -> None:
    lines = f"{'1' * 64}\n{'2' * 64}\n".encode()
    expected = f"sha256:{hashlib.sha256(lines).hexdigest()}"
    assert output_digest({"b": "2" * 64, "a": "1" * 64}) == expected
    assert output_digest({"b": "1" * 64, "a": "2" * 64}) != expected
