"""Reruns: the digests of a merge on disk, with a tensor in memory only while it is looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from merge_worker.engine import MergeOptions
from merge_worker.engine.lockfile import current_lock
from merge_worker.engine.models.digests import region_digest, tensor_digests
from merge_worker.engine.output.journal import Finished
from merge_worker.engine.plan import PlannedTensor
from merge_worker.engine.rerun import rerun, rerun_memory
from mergehub.recipe import Lock

MODELS = [{"model": "./a", "parameters": {"weight": 0.5}}, {"model": "./b"}]
RECIPES: dict[str, dict[str, Any]] = {
    "linear": {"merge_method": "linear", "models": MODELS, "out_dtype": "float32"},
    "dare": {"merge_method": "dare_ties", "base_model": "./base", "models": MODELS,
             "parameters": {"density": 0.5, "weight": 1.0}},
    "slerp": {"merge_method": "slerp", "models": [{"model": "./a"}, {"model": "./b"}],
              "parameters": {"t": 0.3}},
    "copy": {"merge_method": "passthrough", "models": [{"model": "./a"}]},
}  # fmt: skip


@dataclass
class Kept:
    """A record in memory."""

    finished: dict[str, Finished] = field(default_factory=dict)

    def add_tensor(self, tensor: str, finished: Finished) -> None:
        self.finished[tensor] = finished


@pytest.fixture
def workshop(workshop: Any) -> Any:
    for number, model in enumerate(("base", "a", "b")):
        workshop.model(model, workshop.llama(number))
    return workshop


def in_memory() -> list[int]:
    """The sizes of the tensors that this process holds."""
    places = [f"/proc/self/fd/{each}" for each in os.listdir("/proc/self/fd")]
    named = [place for place in places if os.path.islink(place)]
    return [os.stat(each).st_size for each in named if "memfd:merge" in os.readlink(each)]


@pytest.mark.parametrize("name", RECIPES)
def test_a_rerun_makes_the_tensors_of_the_merge_and_holds_one_for_each_thread(
    workshop: Any, name: str
) -> None:
    written = workshop.merge(RECIPES[name], "written")
    plan, record = workshop.plan(RECIPES[name]), Kept()
    seen: dict[str, str] = {}
    held: list[list[int]] = []

    def look(tensor: PlannedTensor, finished: Finished, file: int) -> None:
        seen[tensor.name] = region_digest(file, tensor.name, tensor.region)
        held.append(in_memory())

    rerun(plan, record, look, MergeOptions(threads=1))
    expected = tensor_digests(written.folder)
    assert seen == expected == {name: each.sha256 for name, each in record.finished.items()}
    assert [len(each) for each in held] == [1] * len(plan.tensors)
    assert sorted(each[0] for each in held) == sorted(t.region.nbytes for t in plan.tensors)
    assert in_memory() == []


def test_what_the_record_has_is_not_made_again(workshop: Any) -> None:
    plan, record = workshop.plan(RECIPES["linear"]), Kept()
    known = plan.tensors[0].name
    record.finished[known] = Finished("f" * 64)
    seen: list[str] = []
    reports: list[Any] = []
    rerun(plan, record, lambda tensor, *_: seen.append(tensor.name), None, reports.append)
    assert sorted(seen) == sorted(each.name for each in plan.tensors[1:])
    assert reports[0].tensors_done >= 1
    assert reports[-1].tensors_done == len(plan.tensors)
    assert reports[-1].bytes_done == plan.bytes_out


def test_an_error_of_the_look_ends_the_rerun_and_frees_all(workshop: Any) -> None:
    def look(*_: Any) -> None:
        raise ValueError("seen enough")

    with pytest.raises(ValueError, match="seen enough"):
        rerun(workshop.plan(RECIPES["linear"]), Kept(), look, MergeOptions(threads=2))
    assert in_memory() == []


def test_a_rerun_needs_a_whole_tensor_for_each_thread(workshop: Any) -> None:
    plan = workshop.plan(RECIPES["copy"])
    largest = sorted((each.region.nbytes for each in plan.tensors), reverse=True)
    one, two = (rerun_memory(plan, MergeOptions(threads=threads, block=1)) for threads in (1, 2))
    buffers = one - largest[0]
    assert buffers > 0
    assert two == largest[0] + largest[1] + 2 * buffers


@pytest.mark.parametrize("name", RECIPES)
def test_the_lock_of_now_is_the_one_that_a_merge_writes(
    workshop: Any, tmp_path: Path, name: str
) -> None:
    (workshop.folder / "a" / "tokenizer.json").write_text('{"model": {"vocab": {"x": 0}}}')
    written = workshop.merge(RECIPES[name], "written")
    now = current_lock(workshop.plan(RECIPES[name]), tmp_path / "cache", 2, lambda progress: None)
    assert now == written.lock
    assert now == Lock.model_validate_json((written.folder / "mergehub.lock.json").read_bytes())
