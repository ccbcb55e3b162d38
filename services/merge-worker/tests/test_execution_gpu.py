"""A worker of a GPU class works on a GPU, or says before it registers why it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from merge_worker.execution.gpu import unfit

HAS_GPU = shutil.which("nvidia-smi") is not None


def test_a_worker_for_the_cpu_needs_no_gpu() -> None:
    assert unfit("cpu") is None


@pytest.mark.process
def test_a_gpu_that_can_merge_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_ENABLE_CUDASIM", "1")
    assert unfit("gpu") is None


@pytest.mark.process
@pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
@pytest.mark.parametrize("hardware", ["gpu", "gpu:80gb"])
def test_a_worker_of_a_gpus_class_without_one_ends_before_it_registers(hardware: str) -> None:
    settings = {
        "MERGEHUB_HARDWARE": hardware,
        "MERGEHUB_WORKER_TOKEN": "mgh_worker",
        "MERGEHUB_HUB_URL": "http://127.0.0.1:9",  # no request is sent
    }
    ended = subprocess.run(
        [sys.executable, "-m", "merge_worker"], env=os.environ | settings, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    (said,) = ended.stderr.splitlines()
    assert said.startswith(f"MERGEHUB_HARDWARE is {hardware}, but no GPU can merge on this ")
