"""Full disks and vanishing files give an error, leave nothing half made, and can be resumed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from merge_worker.engine import (
    InputChangedError,
    MergeOptions,
    OutputError,
    Progress,
    digest_of_folder,
    merge,
)

pytestmark = pytest.mark.process

PAGE = os.sysconf("SC_PAGE_SIZE")
DISK = 64 * PAGE


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A separate file system of 64 pages."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def leave(folder: Path, pages: int) -> Path:
    """Fill a disk except for a number of pages."""
    ballast = folder / "ballast"
    ballast.unlink(missing_ok=True)
    status = os.statvfs(folder)
    ballast.write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - pages * PAGE)))
    return ballast


def plan_of_two(workshop: Any, **options: Any) -> Any:
    for i, name in enumerate("ab"):
        config = workshop.llama_config(layers=20)
        workshop.model(name, workshop.llama(i, layers=20), config=config)
    (workshop.folder / "a" / "tokenizer.json").write_text('{"model": {"vocab": {"x": 0}}}')
    models = [{"model": "./a"}, {"model": "./b"}]
    return workshop.plan({"merge_method": "linear", "models": models}, **options)


def attempt(plan: Any, out: Path) -> str | None:
    """Merge; return the error if it fails because the disk is full."""
    try:
        merge(plan, out, MergeOptions(threads=1, keep_partial=False))
    except OutputError as error:
        return str(error)
    return None


def test_a_model_larger_than_the_disk_is_refused_before_any_work(workshop: Any, disk: Path) -> None:
    plan, seen = plan_of_two(workshop), []
    leave(disk, 3)
    with pytest.raises(OutputError, match=r"no space left for .*: \d+ bytes are needed; free some"):
        merge(plan, disk / "out", on_progress=seen.append)
    assert not seen
    assert not (disk / "out").exists()
    with pytest.raises(OutputError, match="no space left"):
        merge(plan, disk / "out", MergeOptions(keep_partial=False))
    assert not (disk / "out.partial").exists()


@pytest.mark.parametrize("stage", ["fill", "finish"])
def test_a_disk_that_fills_up_meanwhile_stops_the_merge_which_goes_on_later(
    workshop: Any, disk: Path, stage: str
) -> None:
    plan = plan_of_two(workshop)

    def fill_up(progress: Progress) -> None:
        if progress.stage == stage and not (disk / "ballast").exists():
            leave(disk, 0)

    with pytest.raises(OutputError, match="no space left"):
        merge(plan, disk / "out", MergeOptions(threads=1), fill_up)
    assert not (disk / "out").exists()
    (disk / "ballast").unlink()
    result = merge(plan, disk / "out")
    assert result.output_digest == digest_of_folder(disk / "out")
    assert {path.name for path in disk.iterdir()} == {"out"}


def test_however_little_space_there_is_a_model_is_whole_or_not_there(
    workshop: Any, disk: Path
) -> None:
    plan = plan_of_two(workshop, max_shard_size=9_000)
    assert len(plan.shards) > 1
    failures = 0
    for pages in range(60):
        ballast = leave(disk, pages)
        sentence = attempt(plan, disk / "out")
        if sentence is None:
            break
        assert "no space left" in sentence
        assert list(disk.iterdir()) == [ballast]
        failures += 1
    assert failures > len(plan.shards)
    assert digest_of_folder(disk / "out")


@pytest.mark.parametrize("stage", ["fill", "finish"])
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_an_input_that_vanishes_meanwhile_is_named(workshop: Any, name: str, stage: str) -> None:
    plan, victim = plan_of_two(workshop), workshop.folder / "a" / name

    def remove(progress: Progress) -> None:
        if progress.stage == stage:
            victim.unlink(missing_ok=True)

    with pytest.raises(InputChangedError, match=f"a/{name}"):
        merge(plan, workshop.folder / "out", on_progress=remove)
    assert not (workshop.folder / "out").exists()


def test_digests_that_find_no_room_leave_nothing(workshop: Any, disk: Path) -> None:
    plan = plan_of_two(workshop)
    leave(disk, 0)
    merge(plan, workshop.folder / "out", MergeOptions(cache_dir=disk))
    assert os.listdir(disk) == ["ballast"]


def test_digests_that_a_killed_merge_began_to_save_are_removed(workshop: Any) -> None:
    cache = workshop.folder / "cache"
    cache.mkdir()
    (cache / "input-digests.1234").write_text('{"/models/a": [1, ')
    merge(plan_of_two(workshop), workshop.folder / "out", MergeOptions(cache_dir=cache))
    assert os.listdir(cache) == ["input-digests.json"]
