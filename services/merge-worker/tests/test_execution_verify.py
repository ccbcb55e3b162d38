"""Verify runs as their child does them: the same again, other values, other ingredients."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from test_execution_child import Silent, error_of, job

from merge_worker.child.messages import Job, Planned, Stopped, Succeeded
from merge_worker.child.tell import StopRequested
from merge_worker.engine.machine.versions import library_versions
from merge_worker.execution import child
from merge_worker.verifying import record
from merge_worker.verifying.ingredients import pinned
from mergehub.contracts.kinds.merge import MergeResult
from mergehub.contracts.kinds.verify import MOST_DIFFERENCES, VerifyResult, VerifySpec
from mergehub.contracts.provenance.settings import MergeSetting
from mergehub.recipe import Lock

LAYERS, SHAPE = 60, (8, 16)
NAME = "model.layers.{}.mlp.up_proj.weight"


def model(folder: Path, seed: int) -> None:
    folder.mkdir(parents=True)
    draw = np.random.default_rng(seed)
    tensors = {NAME.format(i): draw.standard_normal(SHAPE, np.float32) for i in range(LAYERS)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"],
              "num_hidden_layers": LAYERS}  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))


def recipe(weight: float = 0.25, method: str = "linear") -> dict[str, Any]:
    models = [{"model": "one", "parameters": {"weight": weight}},
              {"model": "two", "parameters": {"weight": 0.75}}]  # fmt: skip
    more = {"base_model": "base"} if method == "dare_ties" else {}
    return {"merge_method": method, "models": models, "dtype": "float32"} | more


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A worker's folders, with models."""
    for seed, name in enumerate(("one", "two", "base")):
        model(tmp_path / "models" / name, seed)
    return tmp_path


def merged(place: Path, how: dict[str, Any]) -> tuple[Job, MergeResult]:
    made = job(place, how)
    word = child.last_word(made, Silent())  # type: ignore[arg-type]
    assert isinstance(word, Succeeded), word
    assert isinstance(word.result, MergeResult)
    return made, word.result


def verification(
    made: Job, result: MergeResult, how: dict[str, Any] | None = None, **more: Any
) -> Job:
    """The job of verifying a merge, by another recipe if `how` is given."""
    spec = VerifySpec(
        kind="verify",
        run=made.run_id,
        recipe=json.dumps(how) if how else made.spec.named,
        recipe_version=None,
        recipe_digest="sha256:0",
        model_name="merged",
        seed=0,
        output_digest=result.output_digest,
        made=MergeSetting(
            engine_version="4",
            versions=dict(result.versions) | {"numpy": "1.26"},
            device="cpu",
            machine=result.machine,
        ),
        independent=True,
        lock=result.lock,
        manifest=result.manifest,
    )
    change = {"run_id": uuid4(), "spec": spec.model_copy(update=more)}
    return made.model_copy(update=change)


def outcome(wanted: Job, tell: Any = None) -> VerifyResult:
    word = child.last_word(wanted, tell or Silent())
    assert isinstance(word, Succeeded), word
    assert isinstance(word.result, VerifyResult)
    return word.result


@pytest.mark.parametrize("method", ["linear", "dare_ties"])
def test_the_same_recipe_and_lock_give_the_same_tensors(place: Path, method: str) -> None:
    made, result = merged(place, recipe(method=method))
    wanted = verification(made, result)
    found = outcome(wanted)
    assert (found.same, found.differing, found.differences) == (True, 0, [])
    assert found.output_digest == result.output_digest
    assert found.companions == result.companions
    assert result.companions.keys() == {"config.json"}
    assert (found.tensors, found.compared_bytes) == (LAYERS, LAYERS * 8 * 16 * 4)
    assert {path.name for path in wanted.scratch_folder.iterdir()} == {record.NAME}
    assert {path.name for path in (place / "artifacts" / "runs").iterdir()} == {str(made.run_id)}


def test_what_computed_both_merges_is_compared(place: Path) -> None:
    made, result = merged(place, recipe())
    found = outcome(verification(made, result))
    unlike = {each.what: (each.made, each.again) for each in found.unlike}
    numpy = library_versions()["numpy"]
    assert unlike == {"engine": ("4", result.engine_version), "numpy": ("1.26", numpy)}
    assert (found.versions, found.machine) == (library_versions(), result.machine)


def test_each_tensor_that_differs_is_listed_with_its_largest_difference(place: Path) -> None:
    made, result = merged(place, recipe())
    found = outcome(verification(made, result, recipe(weight=0.2500001)))
    again, _ = merged(place, recipe(weight=0.2500001))
    before = load_file(made.model_folder / "model.safetensors")
    now = load_file(again.model_folder / "model.safetensors")
    apart = {n: np.abs(before[n].astype(np.float64) - now[n]) for n in before}
    unequal = {n: int(np.count_nonzero(a)) for n, a in apart.items() if a.any()}
    assert (found.same, found.differing) == (False, len(unequal))
    assert len(found.differences) == min(len(unequal), MOST_DIFFERENCES) == MOST_DIFFERENCES
    for each in found.differences:
        assert (each.elements, each.largest) == (unequal[each.name], apart[each.name].max())
    sizes = [each.largest or 0 for each in found.differences]
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) == max(each.max() for each in apart.values())


def test_tensors_on_one_side_only_and_of_other_types_are_named(place: Path) -> None:
    made, result = merged(place, recipe())
    assert result.manifest is not None
    first, second, *_ = sorted(result.manifest)
    manifest = dict(result.manifest)
    manifest["gone"] = manifest.pop(first)
    manifest[second] = manifest[second].model_copy(update={"dtype": "BF16", "sha256": "0" * 64})
    found = outcome(verification(made, result, manifest=manifest))
    by_name = {each.name: each for each in found.differences}
    assert by_name.keys() == {"gone", first, second}
    assert by_name["gone"].again is None
    assert by_name[first].made is None
    assert (by_name[second].elements, by_name[second].largest) == (None, None)


def test_a_stored_tensor_that_was_tampered_with_is_named_and_not_compared(place: Path) -> None:
    made, result = merged(place, recipe())
    path = made.model_folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    found = outcome(verification(made, result, recipe(weight=0.5)))
    (warning,) = found.warnings
    named = warning.removeprefix("The stored tensor ").partition(" is not the one")[0]
    unknown = [each.name for each in found.differences if each.elements is None]
    assert unknown == [named]
    assert named in (result.manifest or {})
    assert outcome(verification(made, result)).same  # the merge itself is reproduced


def test_without_the_model_only_digests_are_compared(place: Path) -> None:
    made, result = merged(place, recipe())
    shutil.rmtree(made.model_folder)
    assert outcome(verification(made, result)).warnings == []
    found = outcome(verification(made, result, recipe(weight=0.5)))
    assert found.differing == LAYERS
    assert {each.elements for each in found.differences} == {None}
    assert found.warnings == [
        "The run's model is not stored any more, so only digests are compared."
    ]


def test_a_model_that_cannot_be_read_is_not_compared_and_no_folder_is_named(place: Path) -> None:
    made, result = merged(place, recipe())
    (made.model_folder / "model.safetensors").write_bytes(b"no header")
    found = outcome(verification(made, result, recipe(weight=0.5)))
    assert (found.differing, found.warnings) == (
        LAYERS, ["The run's model cannot be read, so only digests are compared."],
    )  # fmt: skip


def test_a_changed_ingredient_fails_the_run_and_the_file_is_named(place: Path) -> None:
    made, result = merged(place, recipe())
    path = place / "models" / "two" / "model.safetensors"
    tensors = load_file(path)
    tensors[NAME.format(3)][0, 0] += 1
    save_file(tensors, path, metadata={"format": "pt"})
    error = error_of(child.last_word(verification(made, result), Silent()))  # type: ignore[arg-type]
    assert (error.code, error.retryable) == ("ingredient-changed", False)
    assert "model.safetensors of two has the SHA-256 " in error.message
    assert "one" not in error.message.partition("verified here.")[2].split()


def test_a_claim_without_lock_is_refused(place: Path) -> None:
    made, result = merged(place, recipe())
    error = error_of(child.last_word(verification(made, result, lock=None), Silent()))  # type: ignore[arg-type]
    assert error.code == "verification-failed"


class Stopping(Silent):
    """A worker that asks for its slot after some tensors, and notes the progress of the fill."""

    def __init__(self, after: int | None = None) -> None:
        self.after, self.done, self.planned = after, list[int](), list[Planned]()

    def progress(self, stage: str, done: int, *_: Any) -> None:
        if stage == "fill":
            self.done.append(done)
            if self.after is not None and done >= self.after:
                raise StopRequested

    def send(self, message: Any) -> None:
        if isinstance(message, Planned):
            self.planned.append(message)


def finished(wanted: Job) -> int:
    return (wanted.scratch_folder / record.NAME).read_bytes().count(b'"tensor"')


def cut(path: Path, tensors: int) -> None:
    """Leave a journal as a kill does: so many tensors, and the beginning of another line."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: 1 + tensors]) + b'{"tensor": "mod')


def test_an_interrupted_verification_continues_with_the_tensors_that_are_left(place: Path) -> None:
    made, result = merged(place, recipe())
    wanted = verification(made, result)
    outcome(wanted)
    cut(wanted.scratch_folder / record.NAME, 20)
    tell = Stopping()
    assert outcome(wanted, tell).same
    assert tell.done[0] >= 20
    assert finished(wanted) == LAYERS  # 20, and a line for each of the others


def test_a_worker_that_wants_its_slot_gets_it_and_what_is_compared_counts(place: Path) -> None:
    made, result = merged(place, recipe())
    wanted = verification(made, result)
    assert isinstance(child.last_word(wanted, Stopping(after=0)), Stopped)  # type: ignore[arg-type]
    assert outcome(wanted).same
    assert finished(wanted) == LAYERS


def test_what_differs_is_made_again_after_an_interruption(place: Path) -> None:
    made, result = merged(place, recipe())
    wanted = verification(made, result, recipe(weight=0.5))
    first, second = (outcome(wanted) for _ in range(2))
    assert second.differing == first.differing == LAYERS
    assert second.differences == first.differences


def test_other_libraries_begin_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, result = merged(place, recipe())
    wanted = verification(made, result)
    assert outcome(wanted).same
    monkeypatch.setattr(record, "library_versions", lambda: {"numpy": "0"})
    tell = Stopping()
    assert outcome(wanted, tell).same
    assert finished(wanted) == LAYERS
    assert tell.done[0] < LAYERS


def test_the_needs_are_those_of_a_tensor_for_each_thread_and_no_disk(place: Path) -> None:
    made, result = merged(place, recipe())
    tell = Stopping()
    outcome(verification(made, result), tell)
    (planned,) = tell.planned
    assert planned.needs.disk == 0
    assert planned.needs.memory > 200_000_000


def test_a_hugging_face_id_without_revision_gets_the_one_of_the_lock(place: Path) -> None:
    files = {"model.safetensors": {"sha256": "0" * 64, "size": 1}}
    parts = [
        {"ref": "org/a", "kind": "hub", "revision": "c0ffee", "files": files},
        {"ref": "org/b@main", "kind": "hub", "revision": "bead", "files": files},
        {"ref": "one", "kind": "folder", "revision": None, "files": files},
        {"ref": f"run:{uuid4()}", "kind": "run", "revision": "x", "files": files},
    ]
    lock = Lock.model_validate(
        {"recipe": f"sha256:{'0' * 64}", "engine": "5", "seed": 0, "ingredients": parts}
    )
    assert pinned(job(place, recipe()), lock).revisions == {"org/a": "c0ffee"}
