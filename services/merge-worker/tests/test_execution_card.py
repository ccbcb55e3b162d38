"""A worker takes one GPU for itself; locks are held by real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from merge_worker.execution.card import CannotTake, Card, take_card
from merge_worker.execution.slot import Slot
from mergehub.contracts.worker_client import RunClient
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import WorkerSettings

pytestmark = pytest.mark.process

FIRST = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"
SECOND = "GPU-1b2c3d4e-0000-1111-2222-333344445555"
TABLE = f"""\
{FIRST}, NVIDIA H200, 143771, 570.124.06, Disabled
{SECOND}, NVIDIA L4, 23034, 570.124.06, [N/A]
"""
TAKES = """
import sys
from merge_worker.execution.card import take_card
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import WorkerSettings
card = take_card(read_settings(WorkerSettings), sys.argv[1])
print(card.gpu.uuid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose driver lists two GPUs, and a worker of class `gpu` on it."""
    driver = tmp_path / "bin" / "nvidia-smi"
    driver.parent.mkdir()
    driver.write_text(f"#!/bin/sh\nprintf '%s' '{TABLE}'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{driver.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("MERGEHUB_HARDWARE", "gpu")
    monkeypatch.setenv("MERGEHUB_WORKER_TOKEN", "mgh_worker")
    monkeypatch.setenv("MERGEHUB_GPU_LOCKS", str(tmp_path / "locks"))
    return tmp_path


Taker = Callable[[str], tuple[subprocess.Popen[str], str]]


@pytest.fixture
def another() -> Iterator[Taker]:
    """Starts another worker, which holds a GPU until it is killed; returns it and the UUID."""
    started: list[subprocess.Popen[str]] = []

    def start(name: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", TAKES, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def take(name: str = "me") -> Card | None:
    return take_card(read_settings(WorkerSettings), name)


def release(card: Card | None) -> None:
    assert card is not None
    os.close(card.lock)


def test_each_worker_takes_the_first_free_gpu_and_the_next_is_told_who_holds_them(
    another: Taker,
) -> None:
    first, taken = another("worker-1")
    assert taken == FIRST
    card = take()
    assert card is not None
    assert card.gpu.uuid == SECOND
    assert (card.gpu.name, card.gpu.memory) == ("NVIDIA L4", 23034 << 20)
    with pytest.raises(CannotTake) as refused:
        take("third")
    said = str(refused.value)
    assert f"0 (NVIDIA H200) by worker-1 (process {first.pid})" in said
    assert f"1 (NVIDIA L4) by me (process {os.getpid()})" in said

    first.kill()  # it cannot release the lock itself
    first.wait()
    again = take("third")
    assert again is not None
    assert again.gpu.uuid == FIRST
    release(again)
    release(card)


def test_a_worker_takes_the_gpu_that_it_is_given_or_none(
    another: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, taken = another("worker-1")
    monkeypatch.setenv("MERGEHUB_GPU", taken)
    with pytest.raises(CannotTake, match=r"0 \(NVIDIA H200\) by worker-1"):
        take()
    monkeypatch.setenv("MERGEHUB_GPU", "1")
    card = take()
    assert card is not None
    assert card.gpu.uuid == SECOND
    release(card)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MERGEHUB_GPU", "2", "MERGEHUB_GPU: there is no GPU '2'; the GPUs are: 0 "),
        ("CUDA_VISIBLE_DEVICES", "", "CUDA_VISIBLE_DEVICES is '', which names no GPU"),
        ("CUDA_VISIBLE_DEVICES", "4", "CUDA_VISIBLE_DEVICES is '4', which names no GPU"),
    ],
)
def test_a_gpu_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(CannotTake) as refused:
        take()
    assert said in str(refused.value)


def test_a_worker_reports_its_gpu_with_the_memory_that_a_run_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card = take()
    assert card is not None
    for limit, usable in (("16GiB", 16 << 30), ("1TB", 143771 << 20)):
        monkeypatch.setenv("MERGEHUB_GPU_MEMORY", limit)
        client = RunClient.connect("http://127.0.0.1:9", "mgh_worker")  # no request is sent
        capacity = Slot(read_settings(WorkerSettings), client, gpu=card.gpu).capacity()
        assert (capacity.gpu_memory, capacity.gpu) == (usable, card.gpu)
    release(card)


def test_a_worker_keeps_to_the_visible_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    card = take()
    assert card is not None
    assert card.environment == {
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES": SECOND,
    }
    release(card)


def test_a_folder_that_cannot_be_used_is_named(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERGEHUB_GPU_LOCKS", str(machine / "bin" / "nvidia-smi"))
    with pytest.raises(CannotTake, match="let MERGEHUB_GPU_LOCKS name another folder"):
        take()


def test_without_a_gpu_or_for_the_cpu_nothing_is_taken(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERGEHUB_HARDWARE", "cpu")
    assert take() is None
    monkeypatch.setenv("MERGEHUB_HARDWARE", "gpu")
    (machine / "bin" / "nvidia-smi").write_text("#!/bin/sh\nexit 6\n")
    assert take() is None
    monkeypatch.setenv("MERGEHUB_GPU", "0")
    with pytest.raises(CannotTake, match="the GPUs are: none"):
        take()


def test_the_program_ends_before_it_registers_if_no_gpu_is_free(another: Taker) -> None:
    another("worker-1")
    another("worker-2")
    ended = subprocess.run(
        [sys.executable, "-m", "merge_worker"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    (said,) = ended.stderr.splitlines()
    assert said.startswith("Other workers hold every GPU that this worker may use: 0 (NVIDIA H200)")
