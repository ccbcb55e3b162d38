"""The command that verifies a merge: how its outcomes and a recipe's reproductions look."""

from __future__ import annotations

from typing import Any

import pytest

from mergehub.cli.commands.show import _reproduced
from mergehub.cli.kinds import verify
from mergehub.contracts.kinds.verify import VerifyResult

DIGEST = "sha256:1"


def side(dtype: str = "BF16", shape: tuple[int, ...] = (2, 3)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "sha256": "0" * 64}


def difference(name: str, **more: Any) -> dict[str, Any]:
    plain = {"made": side(), "again": side(), "elements": 1, "largest": 0.5}
    return {"name": name, **plain, **more}


def result(*differences: dict[str, Any], **more: Any) -> VerifyResult:
    plain: dict[str, Any] = {
        "kind": "verify", "output_digest": DIGEST, "same": not differences, "method": "linear",
        "tensors": 40, "compared_bytes": 2_000_000, "differing": len(differences),
        "differences": list(differences), "engine_version": "5", "versions": {}, "machine": None,
        "unlike": [], "seconds": 1.5,
    }  # fmt: skip
    return VerifyResult.model_validate(plain | more)


def test_the_same_again_is_one_line_and_the_digest() -> None:
    assert verify.outcome(result()).splitlines() == [
        "the same again: 40 tensors, 2.0 MB, 1.5 s",
        DIGEST,
    ]


def test_each_kind_of_difference_is_a_line() -> None:
    unlike = [{"what": "numpy", "made": "2.3", "again": "2.4"}]
    found = result(
        difference("a", elements=3, largest=0.001953125),
        difference("b", elements=2, largest=None),
        difference("c", elements=None, largest=None),
        difference("d", again=side("F32"), elements=None, largest=None),
        difference("e", made=None, elements=None, largest=None),
        difference("f", again=None, elements=None, largest=None),
        unlike=unlike,
    )
    assert verify.outcome(found).splitlines() == [
        "not the same: 6 of 40 tensors differ, 2.0 MB, 1.5 s",
        "  a: 3 elements differ, by at most 0.00195",
        "  b: 2 elements differ",
        "  c: other values",
        "  d: BF16 [2, 3] when it was made, F32 [2, 3] now",
        "  e: only the merge of now has it",
        "  f: only the run has it",
        "numpy: 2.3 when it was made, 2.4 now",
        DIGEST,
    ]


def test_of_many_differences_the_first_are_shown() -> None:
    many = [difference(f"t{number}") for number in range(13)]
    lines = verify.outcome(result(*many, differing=20)).splitlines()
    assert lines[11] == "  … and 10 more"


@pytest.mark.parametrize(
    ("accounts", "words"),
    [(0, "by no other account"), (1, "by 1 other account"), (2, "by 2 other accounts")],
)
def test_a_recipe_shows_by_how_many_it_was_reproduced(accounts: int, words: str) -> None:
    each = {
        "finished_at": "2026-11-25T12:00:00Z", "owner": "bob", "model_name": "ann/soup",
        "same": False, "differing": 2, "tensors": 40,
        "unlike": [{"what": "numpy", "made": "2.3", "again": "2.4"}],
    }  # fmt: skip
    first, line = _reproduced(accounts, [each]).splitlines()
    assert first == words
    assert line.endswith("bob  ann/soup  2 of 40 tensors differ  (numpy 2.3 → 2.4)")
    assert _reproduced(0, []) == ""
