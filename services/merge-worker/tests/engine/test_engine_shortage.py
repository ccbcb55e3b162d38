"""Too little memory, or too few threads or files, gives one error and leaves nothing behind."""

from __future__ import annotations

import errno
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from merge_worker.engine import OutOfMemoryError, PlanError, TooManyFilesError, cache_folder, merge
from merge_worker.engine.machine.shortage import shortage

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv.pop(1)) << 20,) * 2)
from mergehub.cli.main import main
main()
"""


@pytest.mark.parametrize(
    "raised",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        ImportError("libx.so: failed to map segment from shared object"),
    ],
)
def test_however_the_system_says_it_a_shortage_is_one_error(raised: Exception) -> None:
    with pytest.raises(OutOfMemoryError, match="not enough memory for this"), shortage("for this"):
        raise raised


def test_a_shortage_that_a_library_wraps_is_still_one() -> None:
    def work() -> None:
        try:
            raise MemoryError
        except MemoryError as error:
            raise OSError("the library cannot be loaded") from error

    with pytest.raises(OutOfMemoryError), shortage("for this"):
        work()


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(KeyError), shortage("for this"):
        raise KeyError("x")


@pytest.mark.process
@pytest.mark.parametrize("command", ["plan", "merge"])
@pytest.mark.parametrize("mebibytes", [250, 400])
def test_under_a_limit_of_memory_the_shell_ends_with_one_sentence(
    workshop: Any, command: str, mebibytes: int
) -> None:
    for i, name in enumerate("ab"):
        workshop.model(name, workshop.llama(i))
    recipe = {"merge_method": "ties", "base_model": "./a", "models": [{"model": "./b"}]}
    (workshop.folder / "r.json").write_text(json.dumps(recipe))
    out = [str(workshop.folder / "out")] if command == "merge" else []
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(mebibytes), command, "r.json", *out],
        cwd=workshop.folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "Traceback" not in ran.stderr
    if ran.returncode:
        assert "Error: not enough memory" in ran.stderr
    assert (workshop.folder / "out").exists() == (command == "merge" and ran.returncode == 0)


@contextmanager
def files_at_most(count: int) -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def many(workshop: Any, count: int) -> Any:
    workshop.model("m0", workshop.llama(0, layers=1))
    for i in range(1, count):
        folder = workshop.folder / f"m{i}"
        folder.mkdir()
        for name in ("config.json", "model.safetensors"):
            (folder / name).hardlink_to(workshop.folder / "m0" / name)
    models = [{"model": f"./m{i}"} for i in range(count)]
    return workshop.plan({"merge_method": "linear", "models": models})


def test_a_merge_of_many_models_asks_for_the_files_that_it_needs(workshop: Any) -> None:
    plan = many(workshop, 150)
    with files_at_most(100):
        merge(plan, workshop.folder / "out")


def test_more_files_than_may_be_open_are_refused_in_a_sentence(
    workshop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = many(workshop, 150)
    monkeypatch.setattr("merge_worker.engine.fill.inputs._allow_open_files", lambda count: None)
    with files_at_most(100), pytest.raises(TooManyFilesError, match=r"too many.*ulimit -n"):
        merge(plan, workshop.folder / "out")
    assert not Path(workshop.folder, "out").exists()


def test_more_tensors_than_a_plan_can_hold_are_refused(
    workshop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("merge_worker.engine.ingredients.opened.MOST_TENSORS", 10)
    with pytest.raises(PlanError, match="more than 10 tensors in total"):
        many(workshop, 5)


def test_a_user_without_a_home_has_a_cache_for_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", home)
    assert cache_folder().is_dir()
    assert cache_folder() == cache_folder()
