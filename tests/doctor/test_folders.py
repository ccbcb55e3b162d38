"""`mergehub doctor` against folders, disks and GPUs that a worker cannot use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from doctor.asking import findings
from mergehub.hub.doctor import folders

ROOT = Path(__file__).parents[2]


async def test_folders_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    named = {
        "MERGEHUB_ARTIFACTS": str(file / "artifacts"),
        "MERGEHUB_MODEL_ROOTS": json.dumps([str(tmp_path), str(tmp_path / "missing")]),
        "MERGEHUB_TASK_ROOTS": json.dumps([str(file)]),
    }
    told = (await findings(named, tmp_path))["folders"]
    assert [(each["state"], each["found"].rpartition(": ")[2]) for each in told] == [
        ("failed", "Not a directory"),
        ("ok", "readable, 0 folders"),
        ("failed", "No such file or directory"),
        ("failed", "Not a directory"),
    ]


@pytest.mark.parametrize(("limit", "state"), [("LOW_BYTES", "failed"), ("ENOUGH_BYTES", "warning")])
async def test_a_disk_that_is_nearly_full_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, state: str
) -> None:
    monkeypatch.setattr(folders, limit, 1 << 60)
    (told,) = (await findings({"MERGEHUB_SCRATCH": str(tmp_path)}, tmp_path))["folders"]
    assert told["state"] == state


@pytest.mark.process
async def test_a_gpu_is_asked_about_if_the_worker_needs_one(tmp_path: Path) -> None:
    """The simulator of numba stands for a GPU that works, its switch for one that does not."""
    for name, value, state in (
        ("NUMBA_ENABLE_CUDASIM", "1", "ok"),
        ("NUMBA_DISABLE_CUDA", "1", "failed"),
    ):
        env = {"MERGEHUB_HARDWARE": "gpu", name: value, "NUMBA_ENABLE_CUDASIM": "0"} | {name: value}
        (told,) = (await findings(env, tmp_path))["gpu"]
        assert told["state"] == state, told
    assert told["found"].startswith("no merge can use CUDA: ")
    assert "gpu" not in await findings({"MERGEHUB_HARDWARE": "cpu"}, tmp_path)
