"""Results kept for later runs: found by all that decides a score, bounded, replaced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from merge_worker.evaluate.settings import Settings
from merge_worker.measuring import kept as keeping
from merge_worker.measuring.kept import Kept, Measured
from mergehub.contracts.kinds.evaluate import BenchmarkResult

SETTINGS = Settings("float32").plain()


def measured(run: UUID | None = None, value: float = 0.5) -> Measured:
    result = BenchmarkResult(
        benchmark="b", version="1", metric="acc", value=value, stderr=0.1, count=2, shots=0,
        items={"x": 1.0, "y": 0.0},
    )  # fmt: skip
    return Measured(run=run or uuid4(), result=result)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "sha256:n"},
        {"task_digest": "u"},
        {"settings": Settings("bfloat16").plain()},
        {"settings": Settings("float32", limit=10).plain()},
        {"settings": Settings("float32", chat_template=True).plain()},
        {"settings": Settings("float32", seed=1).plain()},
        {"settings": SETTINGS | {"harness": "lm-eval 0.0.1"}},
    ],
)
def test_a_result_is_found_only_by_the_same_model_task_and_settings(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    same: dict[str, Any] = {"model": "sha256:m", "task_digest": "t", "settings": SETTINGS}
    kept = Kept(tmp_path / "evaluations")
    assert kept.find(**same) is None
    first = measured()
    kept.keep(**same, measured=first)
    assert kept.find(**same) == first
    assert kept.find(**same | other) is None
    second = measured(value=0.75)
    kept.keep(**same, measured=second)
    assert kept.find(**same) == second


def test_a_damaged_result_is_removed(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.keep("m", "t", SETTINGS, measured())
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-5])
    assert kept.find("m", "t", SETTINGS) is None
    assert list(tmp_path.iterdir()) == []


def test_the_least_recently_used_results_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", 3)
    kept = Kept(tmp_path)
    for number in range(3):
        kept.keep(f"m{number}", "t", SETTINGS, measured())
        for path in tmp_path.iterdir():
            os.utime(path, ns=(0, path.stat().st_mtime_ns - 10**12))
    assert kept.find("m0", "t", SETTINGS)  # used now
    kept.keep("m3", "t", SETTINGS, measured())
    left = [kept.find(f"m{number}", "t", SETTINGS) is not None for number in range(4)]
    assert left == [True, False, True, True]
