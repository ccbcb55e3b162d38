"""A machine's resources for a run, and whether its kernel killed a process for its memory."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from merge_worker.execution.memory_kills import memory_kills
from merge_worker.execution.process import unexpected_end
from merge_worker.execution.room import capacity
from mergehub.contracts.hardware import Capacity, Gpu, Needs, lacking


def test_memory_and_disk_are_what_the_system_says(tmp_path: Path) -> None:
    found = capacity(tmp_path / "not" / "yet" / "there")
    system = os.statvfs(tmp_path)
    assert found.disk is not None
    assert found.memory is not None
    assert found.disk == pytest.approx(system.f_bavail * system.f_frsize, rel=0.05)
    assert 0 < found.memory <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert found.gpu_memory is None


def test_what_a_run_has_on_disk_is_room_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)  # others write to the disk, too
    run = uuid4()
    folder = tmp_path / "runs" / f"{run}.partial"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"x" * (8 << 20))
    os.truncate(folder / "model.safetensors", 1 << 40)  # laid out, but mostly a hole
    own, other = (capacity(tmp_path, each).disk for each in (run, uuid4()))
    assert own is not None
    assert other is not None
    assert 7 << 20 < own - other < 9 << 20


def test_models_of_a_cache_that_would_give_way_are_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert capacity(tmp_path, reclaimable=5).disk == usage.free + 5


@pytest.mark.parametrize(
    ("memory", "limit", "usable"),
    [(80, None, 80), (80, 20, 20), (80, 200, 80), (None, 20, 20), (None, None, None)],
)
def test_a_run_may_use_the_gpus_memory_up_to_the_limit(
    tmp_path: Path, memory: int | None, limit: int | None, usable: int | None
) -> None:
    gpu = Gpu(uuid="GPU-1", name="NVIDIA X", memory=memory, driver="580.1")
    found = capacity(tmp_path, gpu=gpu, gpu_limit=limit)
    assert (found.gpu_memory, found.gpu) == (usable, gpu)
    assert capacity(tmp_path, gpu_limit=limit).gpu_memory is None  # no GPU


@pytest.mark.parametrize(
    ("needs", "there", "said"),
    [
        (Needs(), Capacity(memory=0, disk=0, gpu_memory=0), []),
        (Needs(memory=10, disk=10), Capacity(), []),
        (Needs(memory=10), Capacity(memory=10), []),
        (Needs(memory=2_500_000), Capacity(memory=1_000),
         ["It needs 2.5 MB of memory, and the worker has 1 kB."]),
        (Needs(disk=3, gpu_memory=80_000_000_000), Capacity(disk=2, gpu_memory=40_000_000_000),
         ["It needs 3 bytes of disk space, and the worker has 2 bytes.",
          "It needs 80 GB of GPU memory, and the worker has 40 GB."]),
    ],
)  # fmt: skip
def test_what_is_lacking_is_said_in_words(needs: Needs, there: Capacity, said: list[str]) -> None:
    assert lacking(needs, there) == said


def test_the_kernels_counts_of_its_kills_are_added(tmp_path: Path) -> None:
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    assert memory_kills(proc, groups) is None
    (proc / "self/cgroup").write_text("4:memory,cpu:/v1\n0::/v2/worker\n")
    (proc / "vmstat").write_text("nr_free_pages 7\noom_kill 2\n")
    for path, text in (
        ("memory/v1/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 30\n"),
        ("v2/worker/memory.events", "low 0\noom 5\noom_kill 400\noom_group_kill 0\n"),
    ):
        (groups / path).parent.mkdir(parents=True)
        (groups / path).write_text(text)
    assert memory_kills(proc, groups) == 432


def test_this_kernel_tells() -> None:
    assert memory_kills() is not None


@pytest.mark.parametrize(
    ("status", "for_memory", "code"),
    [
        (-9, True, "out-of-memory"),
        (-9, False, "child-killed"),
        (-11, False, "child-crashed"),
        (1, False, "child-crashed"),
    ],
)
def test_ends_are_told_apart(status: int, for_memory: bool, code: str) -> None:
    error = unexpected_end(status, for_memory)
    assert (error.code, error.retryable) == (code, True)


@pytest.fixture
def tight_group() -> Iterator[Path]:
    """A control group of 300 MB under our own, if we may create one."""
    own = next(
        (
            line.split(":", 2)[2].lstrip("/")
            for line in Path("/proc/self/cgroup").read_text().splitlines()
            if line.split(":", 2)[1] in ("memory", "")
        ),
        "",
    )
    for root, limit in (("memory", "memory.limit_in_bytes"), ("", "memory.max")):
        group = Path("/sys/fs/cgroup") / root / own / f"mergehub-{uuid4().hex[:8]}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / limit).write_text(str(300 << 20))
            yield group
            return
        except OSError:
            continue
        finally:
            group.rmdir()
    pytest.skip("no control group with a memory limit can be made here")


@pytest.mark.process
async def test_a_child_that_the_kernel_kills_for_memory_says_so(tight_group: Path) -> None:
    before = memory_kills()
    hungry = f"import os; open('{tight_group}/cgroup.procs','w').write(str(os.getpid()));"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"{hungry} b'x' * (2 << 30)"
    )
    assert await process.wait() == -signal.SIGKILL
    assert memory_kills() != before
