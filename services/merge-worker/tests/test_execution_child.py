"""A child's outcome: permanent failures are reported once, temporary ones are retried."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from at_work import merge_spec
from strange_folders import CORPUS, sound

from merge_worker.child.failure import RunFailed
from merge_worker.child.how import How
from merge_worker.child.messages import Failed, Job, Succeeded
from merge_worker.child.produced import check_parents
from merge_worker.execution import child
from merge_worker.kinds import merge
from merge_worker.provenance.checking import check_folder
from mergehub.attestation.keys import SigningKey, new_key, signing_key
from mergehub.contracts.hardware import Capacity
from mergehub.contracts.kinds.evaluate import EvaluateResult
from mergehub.contracts.kinds.kind import MOST_WARNINGS
from mergehub.recipe import parse_recipe

HAS_GPU = shutil.which("nvidia-smi") is not None


class Silent:
    """Replaces the pipe to the worker; nothing reads it."""

    def progress(self, *_: Any) -> None:
        return

    def warn(self, said: str) -> None:
        return

    def send(self, message: Any) -> None:
        return


def job(folder: Path, recipe: dict[str, Any]) -> Job:
    return Job(
        run_id=uuid4(),
        spec=merge_spec(json.dumps(recipe)),
        products={},
        hardware="cpu",
        capacity=Capacity(memory=None, disk=1 << 40, gpu_memory=None),
        model_roots=(folder / "models",),
        task_roots=(),
        artifacts=folder / "artifacts",
        scratch=folder / "scratch",
        parent=os.getpid(),
    )


def last_word(folder: Path, *models: str) -> Any:
    recipe = {"merge_method": "linear", "models": [{"model": name} for name in models]}
    return child.last_word(job(folder, recipe), Silent())  # type: ignore[arg-type]


def error_of(word: Any) -> Any:
    assert isinstance(word, Failed), word
    return word.error


@pytest.mark.parametrize("key", [None, signing_key(new_key())])
def test_a_worker_with_a_key_signs_each_model_as_that_of_its_run(
    tmp_path: Path, key: SigningKey | None
) -> None:
    (tmp_path / "models").mkdir()
    sound(tmp_path / "models" / "a")
    recipe = {"merge_method": "linear", "models": [{"model": "a", "parameters": {"weight": 1}}]}
    wanted = job(tmp_path, recipe).model_copy(update={"signing_key": key and key.pem})
    word = child.last_word(wanted, Silent())  # type: ignore[arg-type]
    assert isinstance(word, Succeeded), word
    verdict = check_folder(wanted.model_folder, [key.public] if key else [])
    assert [each.fault for each in verdict.faults] == ([] if key else ["missing"])
    assert verdict.run == (str(wanted.run_id) if key else None)
    assert verdict.output_digest == word.result.output_digest
    if key:
        assert key.pem.splitlines()[1] not in repr(wanted)


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (ValueError("odd"), ("unforeseen", False)),
        (RecursionError("deep"), ("unforeseen", False)),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), ("unforeseen", False)),
        (KeyError("id"), ("unforeseen", False)),
        (OverflowError("inf"), ("unforeseen", False)),
        (OSError(errno.ELOOP, "loop"), ("unforeseen", False)),
        (OSError(errno.ENAMETOOLONG, "long"), ("unforeseen", False)),
        (MemoryError(), ("out-of-memory", True)),
    ],
)
def test_an_error_that_would_come_again_is_reported_at_the_first_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, outcome: tuple[str, bool]
) -> None:
    def work(*_: Any) -> None:
        raise raised

    monkeypatch.setattr(merge, "run", work)
    error = error_of(last_word(tmp_path, "./a"))
    assert (error.code, error.retryable) == outcome
    error.message.encode()


def test_an_error_that_may_pass_ends_the_process_so_that_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: Any) -> None:
        raise OSError(errno.EIO, "disk")

    monkeypatch.setattr(merge, "run", work)
    with pytest.raises(OSError, match="disk"):
        last_word(tmp_path, "./a")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_reported_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def work(*_: Any) -> None:
        raise OSError(code, "full")

    monkeypatch.setattr(merge, "run", work)
    error = error_of(last_word(tmp_path, "./a"))
    assert (error.code, error.retryable) == ("disk-full", True)


SAMPLES = [
    "config.json is a named pipe",
    "config.json is nested 900 deep",
    "config.json is half of a pair",
    "config.json is a link to itself",
    "a dimension of 3,000 digits",
    "a shard of 300 characters",
    "a name that moves the cursor",
    "a model without tensors",
    "an added token without id",
]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_strange_folder_fails_the_run_once_and_before_anything_is_written(
    tmp_path: Path, name: str
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for each in ("m", "m2"):
        sound(models / each)
    CORPUS[name](models / "m2")
    error = error_of(last_word(tmp_path, "./m", "./m2"))
    assert (error.code, error.retryable) == ("merge-failed", False)
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.parametrize(
    "name", ["a card with a bomb of merge keys", "a card with a date that is none"]
)
def test_a_strange_card_fails_nothing(tmp_path: Path, name: str) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for each in ("m", "m2"):
        CORPUS[name](sound(models / each))
    assert isinstance(last_word(tmp_path, "./m", "./m2"), Succeeded)


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ([f"./m{i}" for i in range(1001)], "1001 models; the limit for a run is 1000"),
        (["./m", "./" + "m/" * 251 + "m"], "505 characters"),
    ],
)
def test_what_a_result_cannot_name_is_refused_before_it_is_merged(
    tmp_path: Path, models: list[str], words: str
) -> None:
    recipe = {"merge_method": "linear", "models": [{"model": name} for name in models]}
    with pytest.raises(RunFailed, match=words):
        check_parents(parse_recipe(json.dumps(recipe)), tmp_path)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"output_digest": 5}', None])
def test_a_run_whose_product_lost_its_manifest_is_no_ingredient(
    tmp_path: Path, manifest: str | None
) -> None:
    (tmp_path / "models").mkdir()
    run = uuid4()
    (tmp_path / "artifacts" / "runs").mkdir(parents=True)
    product = sound(tmp_path / "artifacts" / "runs" / str(run))
    if manifest is not None:
        (product / "manifest.json").write_text(manifest)
    error = error_of(last_word(tmp_path, f"run:{run}", f"run:{run}"))
    assert (error.code, error.retryable) == ("merge-failed", False)
    assert "manifest.json" in error.message


def test_a_damaged_journal_costs_a_run_only_what_was_done(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for each in ("m", "m2"):
        sound(models / each)
    recipe = {"merge_method": "linear", "models": [{"model": "./m"}, {"model": "./m2"}]}
    made = job(tmp_path, recipe)
    made.partial_folder.mkdir(parents=True)
    (made.partial_folder / "journal.jsonl").write_bytes(b'{"plan": "x"}\n\x00\xff garbage\n')
    assert isinstance(child.last_word(made, Silent()), Succeeded)  # type: ignore[arg-type]


def models_in(folder: Path) -> dict[str, Any]:
    (folder / "models").mkdir()
    for each in ("m", "m2"):
        sound(folder / "models" / each)
    return {"merge_method": "linear", "models": [{"model": "./m"}, {"model": "./m2"}]}


def in_its_process(made: Job, **environment: str) -> list[dict[str, Any]]:
    """The messages of a child process, since numba's simulator must be chosen before the import."""
    command = [sys.executable, "-m", "merge_worker.execution.child"]
    told = subprocess.run(
        command, input=made.model_dump_json().encode(), env=os.environ | environment,
        capture_output=True, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in told.stdout.splitlines()]


@pytest.mark.process
def test_a_run_for_a_gpu_is_computed_by_the_gpu_to_the_same_bytes(tmp_path: Path) -> None:
    on_cpu = job(tmp_path, models_in(tmp_path))
    on_gpu = on_cpu.model_copy(update={"hardware": "gpu", "run_id": uuid4()})
    told = [in_its_process(each, NUMBA_ENABLE_CUDASIM="1") for each in (on_cpu, on_gpu)]
    results = [messages[-1]["result"] for messages in told]
    assert [each["device"] for each in results] == ["cpu", "cuda:0 (numba's simulator)"]
    assert results[0]["output_digest"] == results[1]["output_digest"]
    last = [[each for each in messages if each["kind"] == "progress"][-1] for messages in told]
    of_cpu, of_gpu = (each["usage"]["gpu_memory"] for each in last)
    assert of_cpu == 0 < of_gpu < 4096  # for tensors of four elements


@pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
def test_a_run_whose_gpu_cannot_be_used_is_computed_by_the_processor_and_says_so(
    tmp_path: Path,
) -> None:
    made = job(tmp_path, models_in(tmp_path)).model_copy(update={"hardware": "gpu"})
    said = child.last_word(made, Silent())  # type: ignore[arg-type]
    assert isinstance(said, Succeeded), said
    assert said.result.device == "cpu"
    (warning,) = said.result.warnings
    assert warning.startswith("The GPU was not used: ")
    assert warning.endswith(" The processor computed everything.")


@pytest.mark.process
def test_a_run_for_which_the_gpu_lacks_memory_says_so(tmp_path: Path) -> None:
    made = job(tmp_path, models_in(tmp_path))
    little = made.model_copy(update={"hardware": "gpu", "gpu_limit": 1})
    result = in_its_process(little, NUMBA_ENABLE_CUDASIM="1")[-1]["result"]
    assert result["device"] == "cuda:0 (numba's simulator)"
    (warning,) = result["warnings"]
    assert warning.startswith("The GPU lacked memory even for small blocks. The processor computed")


def test_no_number_of_warnings_makes_a_result_that_the_hub_refuses() -> None:
    reported: list[str] = []
    how = How(reported.append)
    for number in range(100):
        how.warn(f"{number} " + "x" * 1000)
    assert reported == [*how.warnings[:-1], reported[-1]]
    assert len(how.warnings) == MOST_WARNINGS
    assert how.warnings[0].startswith("0 xxx")
    assert how.warnings[-1] == "More warnings like these followed."
    EvaluateResult(
        kind="evaluate", model="m", model_digest="d", harness="h", seconds=1.0, results=[],
        warnings=how.warnings,
    )  # fmt: skip


def test_an_attempt_that_finds_the_model_finished_does_not_say_what_computed_it(
    tmp_path: Path,
) -> None:
    made = job(tmp_path, models_in(tmp_path))
    first, second = [child.last_word(made, Silent()) for _ in range(2)]  # type: ignore[arg-type]
    assert isinstance(first, Succeeded)
    assert isinstance(second, Succeeded)
    assert (first.result.device, second.result.device) == ("cpu", None)  # type: ignore[union-attr]
