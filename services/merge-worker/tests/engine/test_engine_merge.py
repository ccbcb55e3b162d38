"""A merge gives the same bytes however it is divided, interrupted or repeated."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from safetensors import safe_open

from merge_worker.engine import (
    InputChangedError,
    MergeOptions,
    NotFiniteError,
    OutputError,
    Progress,
    ResumeError,
    digest_of_folder,
    merge,
)
from merge_worker.engine.output.journal import NAME as JOURNAL

PARAMETERS: dict[str, dict[str, Any]] = {
    "ties": {"density": 0.3},
    "dare_ties": {"density": 0.3},
    "della": {"density": 0.3},
}


def recipe(workshop: Any, method: str = "linear", **sizes: int) -> dict[str, Any]:
    for name, seed in (("base", 0), ("a", 1), ("b", 2)):
        workshop.model(name, workshop.llama(seed, **sizes))
    several = ["./a", "./b"] if method != "slerp" else ["./a"]
    models = [{"model": name, "parameters": PARAMETERS.get(method, {})} for name in several]
    document = {"merge_method": method, "models": models, "base_model": "./base"}
    return document | ({"parameters": {"t": 0.3}} if method == "slerp" else {})


@pytest.mark.parametrize("method", ["ties", "slerp"])
def test_a_long_tensor_follows_the_formula_too(workshop: Any, method: str) -> None:
    document = {**recipe(workshop, method, vocabulary=40_003), "out_dtype": "float32"}
    document["models"] = document["models"][:1]
    found = workshop.merged(document)["lm_head.weight"]
    sizes = {"vocabulary": 40_003}
    base, other = (
        workshop.rounded(workshop.llama(seed, **sizes)["lm_head.weight"]).astype(float)
        for seed in (0, 1)
    )
    expected = _slerp(base, other) if method == "slerp" else _trimmed(base, other)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def _slerp(a: NDArray[Any], b: NDArray[Any], t: float = 0.3) -> NDArray[Any]:
    angle = np.arccos((a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b))
    return np.asarray((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle))


def _trimmed(base: NDArray[Any], other: NDArray[Any], density: float = 0.3) -> NDArray[Any]:
    tau = (other.astype(np.float32) - base.astype(np.float32)).ravel()
    kept = np.argsort(-np.abs(tau), kind="stable")[: int(density * tau.size)]
    result = base.ravel().copy()
    result[kept] += tau[kept]
    return result.reshape(base.shape)


def test_the_output_is_a_whole_model_with_its_papers(workshop: Any) -> None:
    document = {**recipe(workshop), "name": "Both"}
    for name in ("base", "a", "b"):
        folder = workshop.folder / name
        (folder / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
        (folder / "tokenizer.json").write_text('{"model": {"vocab": {"x": 0}}}')
    (workshop.folder / "a" / "generation_config.json").write_text("{}")
    result = workshop.merge(document, seed=3)
    out = workshop.folder / "out"
    assert {path.name for path in out.iterdir()} == {
        "README.md",
        "config.json",
        "generation_config.json",
        "manifest.json",
        "mergehub.lock.json",
        "model.safetensors",
        "recipe.yml",
        "tokenizer.json",
    }
    with safe_open(out / "model.safetensors", "np") as library:
        assert library.metadata() == {"format": "pt"}
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["output_digest"] == result.output_digest == digest_of_folder(out)
    assert (manifest["seed"], len(manifest["tensors"])) == (3, result.tensors)
    assert yaml.safe_load((out / "recipe.yml").read_text())["merge_method"] == "linear"
    front, text = (out / "README.md").read_text().removeprefix("---\n").split("---\n", 1)
    card = yaml.safe_load(front)
    assert (card["license"], card["tags"]) == ("mit", ["merge", "mergehub"])
    assert card["base_model"] == ["a", "b"]
    assert "# Both" in text
    assert result.output_digest in text


def test_the_lock_has_the_digest_of_every_input_file(workshop: Any) -> None:
    import hashlib

    result = workshop.merge(recipe(workshop))
    files = {
        f"{part.ref.model}/{name}": file.sha256
        for part in result.lock.ingredients
        for name, file in part.files.items()
    }
    assert files == {
        f"./{model}/{name}": hashlib.sha256(
            (workshop.folder / model / name).read_bytes()
        ).hexdigest()
        for model in "ab"
        for name in ("model.safetensors", "config.json")
    }


def test_digests_of_inputs_are_remembered_while_the_files_stay(workshop: Any) -> None:
    document, cache = recipe(workshop), workshop.folder / "cache"
    first = workshop.merge(document, "one", cache_dir=cache)
    assert workshop.merge(document, "two", cache_dir=cache).lock == first.lock
    (kept,) = cache.iterdir()
    kept.write_text("not JSON")
    assert workshop.merge(document, "three", cache_dir=cache).lock == first.lock
    config = workshop.folder / "a" / "config.json"
    config.write_text(config.read_text() + " ")
    assert workshop.merge(document, "four", cache_dir=cache).lock != first.lock


def test_progress_begins_at_nothing_and_ends_at_all(workshop: Any) -> None:
    plan = workshop.plan(recipe(workshop))
    seen: list[Progress] = []
    merge(plan, workshop.folder / "out", on_progress=seen.append)
    assert seen[0] == Progress(0, len(plan.tensors), 0, plan.bytes_out, "fill")
    assert seen[-1] == Progress(
        len(plan.tensors), len(plan.tensors), plan.bytes_out, plan.bytes_out, "finish"
    )


def test_an_exception_from_the_callback_stops_the_merge(workshop: Any) -> None:
    plan = workshop.plan(recipe(workshop))

    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        merge(plan, workshop.folder / "out", on_progress=stop)
    assert (workshop.folder / "out.partial" / JOURNAL).is_file()
    merge(plan, workshop.folder / "out")
    assert not (workshop.folder / "out.partial").exists()


INTERRUPTED = """
import signal, sys
from pathlib import Path
from merge_worker.engine import Sources, merge, plan_merge
from mergehub.recipe import parse_recipe

left, reports = 2, 0

def on_progress(progress):
    global reports
    reports += 1
    if reports == 2:  # the threads are at work
        interrupt()

def interrupt(*_):
    global left
    left -= 1
    signal.setitimer(signal.ITIMER_REAL, 0.02 if left else 0)
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
folder = Path(sys.argv[1])
plan = plan_merge(parse_recipe((folder / "recipe.yml").read_text()), Sources(roots=(folder,)))
try:
    merge(plan, folder / "out", on_progress=on_progress)
finally:
    signal.setitimer(signal.ITIMER_REAL, 0)
"""


@pytest.mark.process
def test_a_merge_that_is_interrupted_twice_ends(workshop: Any) -> None:
    document = recipe(workshop, "ties", vocabulary=200_000)
    (workshop.folder / "recipe.yml").write_text(yaml.safe_dump(document))
    command = [sys.executable, "-c", INTERRUPTED, str(workshop.folder)]
    ended = subprocess.run(command, timeout=60, check=False, capture_output=True)
    assert ended.returncode != 0
    assert not (workshop.folder / "out").exists()
    assert workshop.merge(document).output_digest == digest_of_folder(workshop.folder / "out")


STARTED = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from merge_worker.engine import MergeOptions, Sources, merge, plan_merge
from mergehub.recipe import parse_recipe

submit, left = ThreadPoolExecutor.submit, int(sys.argv[2])

def interrupted(pool, *work):
    global left
    future = submit(pool, *work)
    left -= 1
    if left == 0:  # while it waits for the thread to start
        raise KeyboardInterrupt
    return future

ThreadPoolExecutor.submit = interrupted
folder = Path(sys.argv[1])
plan = plan_merge(parse_recipe((folder / "recipe.yml").read_text()), Sources(roots=(folder,)))
merge(plan, folder / "out", MergeOptions(threads=3))
"""


@pytest.mark.process
@pytest.mark.parametrize("start", [1, 2, 3, 4, 5])
def test_a_merge_that_is_interrupted_while_its_threads_start_ends(
    workshop: Any, start: int
) -> None:
    (workshop.folder / "recipe.yml").write_text(yaml.safe_dump(recipe(workshop, "ties")))
    command = [sys.executable, "-c", STARTED, str(workshop.folder), str(start)]
    ended = subprocess.run(command, timeout=60, check=False, capture_output=True)
    assert ended.returncode != 0
    assert b"KeyboardInterrupt" in ended.stderr


def test_a_failed_merge_can_clean_up_after_itself(workshop: Any) -> None:
    plan = workshop.plan(recipe(workshop))
    (workshop.folder / "a" / "model.safetensors").unlink()
    with pytest.raises(InputChangedError, match="changed since the merge was planned"):
        merge(plan, workshop.folder / "out", MergeOptions(keep_partial=False))
    assert not (workshop.folder / "out.partial").exists()


KILLED = """
import json, os, signal, sys
from pathlib import Path
from merge_worker.engine import MergeOptions, Sources, merge, plan_merge
from mergehub.recipe import parse_recipe

def killed(folder, call, nth, journalled):
    real, calls = getattr(os, call), 0
    journal = folder / "out.partial" / "journal.jsonl"

    def trap(*arguments, **options):
        nonlocal calls
        calls += 1
        if calls == nth:
            while journalled and len(journal.read_bytes().splitlines()) < 1 + journalled:
                os.sched_yield()
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)

    plan = plan_merge(parse_recipe((folder / "recipe.yml").read_text()), Sources(roots=(folder,)))
    setattr(os, call, trap)
    merge(plan, folder / "out", MergeOptions(threads=1))

for line in sys.stdin:
    folder, *when = json.loads(line)
    if (child := os.fork()) == 0:
        try:
            killed(Path(folder), *when)
        finally:
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def killed() -> Iterator[Callable[..., int]]:
    """Merge in a process that is killed at a call; returns its exit status.

    Its parent imports the engine once for all merges.
    """
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        asks, tells = parent.stdin, parent.stdout

        def merge_until(*when: str | int) -> int:
            print(json.dumps(when), file=asks, flush=True)
            return int(tells.readline())

        yield merge_until
        asks.close()


@pytest.mark.process
@pytest.mark.parametrize(
    ("call", "nth", "journalled"),
    [
        ("posix_fallocate", 1, 0),  # the journal exists, but no file is laid out
        ("pwrite", 1, 0),  # the file is laid out, without its header
        ("pwrite", 2, 0),  # the first tensor's bytes; the first call writes the header
        ("pwrite", 5, 1),  # some tensors journalled, some not
        ("write", 2, 0),  # a tensor's bytes written, not yet journalled
        ("fsync", 1, 0),  # written and journalled, not yet on disk
        ("unlink", 1, 9),  # all journalled, the journal about to be removed
        ("rename", 1, 0),  # the journal removed, the output not yet visible
    ],
)
def test_killed_at_any_moment_a_merge_goes_on_to_the_same_bytes(
    workshop: Any, killed: Callable[..., int], call: str, nth: int, journalled: int
) -> None:
    document = recipe(workshop, "dare_ties")
    expected = workshop.merge(document, "whole").output_digest
    (workshop.folder / "recipe.yml").write_text(yaml.safe_dump(document))
    assert killed(str(workshop.folder), call, nth, journalled) == -signal.SIGKILL
    out, partial = workshop.folder / "out", workshop.folder / "out.partial"
    assert partial.is_dir()
    assert not out.exists()
    assert workshop.merge(document).output_digest == expected == digest_of_folder(out)
    assert not partial.exists()


WITHOUT_MEMORY = """
import resource, sys
from pathlib import Path
from merge_worker.engine import EngineError, MergeOptions, Sources, merge, plan_merge
from mergehub.recipe import parse_recipe

folder = Path(sys.argv[1])
plan = plan_merge(parse_recipe((folder / "recipe.yml").read_text()), Sources(roots=(folder,)))
merge(plan, folder / "warm", MergeOptions(threads=1))
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
limit = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (used + (4 << 20), limit[1]))
try:
    merge(plan, folder / "out", MergeOptions(threads=1, block=1 << 24))
except EngineError as error:
    resource.setrlimit(resource.RLIMIT_AS, limit)
    print(error)
"""


@pytest.mark.process
def test_without_memory_a_merge_says_so_and_goes_on_with_smaller_blocks(workshop: Any) -> None:
    document = recipe(workshop, "ties", vocabulary=1_000_000)
    (workshop.folder / "recipe.yml").write_text(yaml.safe_dump(document))
    command = [sys.executable, "-c", WITHOUT_MEMORY, str(workshop.folder)]
    said = subprocess.run(command, timeout=100, check=True, capture_output=True, text=True).stdout
    assert "not enough memory" in said
    assert not (workshop.folder / "out").exists()
    result = workshop.merge(document, block=1 << 16)
    assert result.output_digest == digest_of_folder(workshop.folder / "warm")


def stopped_merge(workshop: Any, document: dict[str, Any]) -> Path:
    """Leave an unfinished merge whose tensors are all journalled."""

    def stop_at_the_end(progress: Progress) -> None:
        if progress.stage == "finish":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        merge(workshop.plan(document), workshop.folder / "out", on_progress=stop_at_the_end)
    return Path(workshop.folder, "out.partial")


def test_finished_tensors_are_not_made_again(workshop: Any) -> None:
    document = recipe(workshop)
    partial = stopped_merge(workshop, document)
    seen: list[Progress] = []
    with (partial / JOURNAL).open("a") as journal:
        journal.write('{"tensor": "half a li')
    merge(workshop.plan(document), workshop.folder / "out", on_progress=seen.append)
    assert {each.stage for each in seen} == {"check", "lock", "finish"}
    assert seen[-1].tensors_done == seen[-1].tensors_total


def test_another_plan_does_not_go_on_with_what_it_finds(workshop: Any) -> None:
    document = recipe(workshop)
    stopped_merge(workshop, document)
    plan = replace(workshop.plan(document), seed=9)
    with pytest.raises(ResumeError, match="another merge"):
        merge(plan, workshop.folder / "out", MergeOptions(keep_partial=False))
    assert (workshop.folder / "out.partial").is_dir()


def test_a_shard_that_was_cut_is_not_trusted(workshop: Any) -> None:
    document = recipe(workshop)
    partial = stopped_merge(workshop, document)
    (partial / "model.safetensors").write_bytes(b"short")
    with pytest.raises(ResumeError, match="was changed after"):
        workshop.merge(document)


def test_two_processes_do_not_merge_into_one_place(workshop: Any) -> None:
    plan = workshop.plan(recipe(workshop))

    def again(progress: Progress) -> None:
        merge(plan, workshop.folder / "out")

    with pytest.raises(ResumeError, match="another process"):
        merge(plan, workshop.folder / "out", on_progress=again)


def test_an_existing_output_is_never_touched(workshop: Any) -> None:
    document = recipe(workshop)
    (workshop.folder / "out").mkdir()
    with pytest.raises(OutputError, match="already exists"):
        workshop.merge(document)


def test_an_output_that_appears_meanwhile_is_never_touched(workshop: Any) -> None:
    plan = workshop.plan(recipe(workshop))

    def appear(progress: Progress) -> None:
        if progress.stage == "finish":
            (workshop.folder / "out").mkdir()
            (workshop.folder / "out" / "theirs").touch()

    with pytest.raises(OutputError, match="appeared"):
        merge(plan, workshop.folder / "out", on_progress=appear)
    assert (workshop.folder / "out" / "theirs").exists()


ROWS = {  # a method's variants that need all of a row or column at once
    "nuslerp": [
        {"nuslerp_flatten": False},
        {"nuslerp_flatten": False, "nuslerp_row_wise": True},
    ],
    "model_stock": [{"filter_wise": True}],
    "ties": [{"rescale": True, "rescale_norm": "l1"}],
    "della": [{"rescale_norm": "l2"}],
    "dare_ties": [{"rescale_norm": "linf"}],
}


@pytest.mark.parametrize(("method", "settings"), [(m, s) for m in ROWS for s in ROWS[m]])
def test_rows_and_norms_do_not_depend_on_blocks_either(
    workshop: Any, method: str, settings: dict[str, Any]
) -> None:
    document = {**recipe(workshop, method, vocabulary=40_003), "parameters": settings}
    digests = {
        workshop.merge(document, f"out{i}", threads=i, block=block).output_digest
        for i, block in ((1, 1), (2, 1 << 20))
    }
    assert len(digests) == 1


@pytest.mark.parametrize("method", ["linear", "ties"])
def test_what_is_not_finite_is_named_and_counted(workshop: Any, method: str) -> None:
    document = recipe(workshop, method)
    tensors = workshop.llama(5)
    tensors["model.norm.weight"][:3] = np.nan, np.inf, -np.inf
    tensors["lm_head.weight"][0, 0] = np.nan
    workshop.model("odd", tensors)
    document["models"].append({"model": "./odd"})
    result = workshop.merge(document)
    counted = {"model.norm.weight": {"./odd": 3}, "lm_head.weight": {"./odd": 1}}
    assert result.nonfinite == counted
    assert (
        json.loads((workshop.folder / "out" / "manifest.json").read_text())["nonfinite"] == counted
    )
    with pytest.raises(NotFiniteError, match=r"'(model.norm|lm_head).weight' .*[31] in ./odd"):
        workshop.merge(document, "refused", only_finite=True)
    assert not (workshop.folder / "refused").exists()


def test_a_finite_merge_passes_the_check(workshop: Any) -> None:
    result = workshop.merge(recipe(workshop), only_finite=True)
    assert result.nonfinite == {}
    assert "nonfinite" not in json.loads((workshop.folder / "out" / "manifest.json").read_text())


def test_the_bytes_are_the_same_without_waiting_for_the_disk(workshop: Any) -> None:
    document = recipe(workshop)
    first = workshop.merge(document, "durable")
    assert workshop.merge(document, "quick", durable=False).output_digest == first.output_digest


@pytest.mark.parametrize("stage", ["fill", "finish"])
def test_an_input_that_changes_meanwhile_is_noticed(workshop: Any, stage: str) -> None:
    plan = workshop.plan(recipe(workshop))

    def change(progress: Progress) -> None:
        if progress.stage == stage:
            with (workshop.folder / "a" / "model.safetensors").open("r+b") as file:
                file.truncate(100)

    with pytest.raises(InputChangedError, match=r"cut short|changed, replaced or removed"):
        merge(plan, workshop.folder / "out", on_progress=change)
    assert not (workshop.folder / "out").exists()


def test_a_file_that_may_not_grow_is_reported(workshop: Any) -> None:
    document = recipe(workshop)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputError, match=r"model\.safetensors cannot be written"):
            workshop.merge(document)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_several_shards_are_one_model(workshop: Any) -> None:
    document = recipe(workshop)
    whole = workshop.merge(document, "whole")
    plan = workshop.plan(document, max_shard_size=600)
    result = merge(plan, workshop.folder / "sharded")
    assert result.output_digest == whole.output_digest
    assert digest_of_folder(workshop.folder / "sharded") == whole.output_digest
    index = json.loads((workshop.folder / "sharded" / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == plan.bytes_out
    assert len(set(index["weight_map"].values())) == len(plan.shards) > 1


def test_real_weights_average(workshop: Any, real_weights: Path) -> None:
    sources = replace(workshop.sources, roots=(real_weights,))
    workshop_like = [str(real_weights / name) for name in ("ft_gsm", "ft_truth")]
    from merge_worker.engine import plan_merge
    from mergehub.recipe import parse_recipe

    text = yaml.safe_dump(
        {"merge_method": "linear", "models": [{"model": path} for path in workshop_like]}
    )
    merge(plan_merge(parse_recipe(text), sources), workshop.folder / "out")
    found = workshop.read(workshop.folder / "out")
    first, second = (workshop.read(Path(path)) for path in workshop_like)
    for name, values in found.items():
        np.testing.assert_allclose(values, (first[name] + second[name]) / 2, rtol=1e-6, atol=1e-9)


def test_huge_weights_of_either_sign_are_merged_where_nothing_is_divided_by_their_sum(
    workshop: Any,
) -> None:
    first, second = (workshop.llama(i) for i in range(2))
    for name, tensors in (("a", first), ("b", second)):
        scaled = {key: values * np.float32(1e-2) for key, values in tensors.items()}
        workshop.model(name, scaled, dtype="F32")
    models = [
        {"model": "./a", "parameters": {"weight": 3e38}},
        {"model": "./b", "parameters": {"weight": -3e38}},
    ]
    recipe = {"merge_method": "linear", "models": models, "parameters": {"normalize": False}}
    for name, values in workshop.merged({**recipe, "dtype": "float32"}).items():
        a, b = (
            (each[name] * np.float32(1e-2)).astype(np.float64) * float(np.float32(3e38))
            for each in (first, second)
        )
        np.testing.assert_allclose(values, a - b, rtol=1e-5, atol=1e31)
