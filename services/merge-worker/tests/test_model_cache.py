"""The cache of Hugging Face models shrinks to its limit, by the library's own reading of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from huggingface_hub import scan_cache_dir, snapshot_download

from merge_worker import model_cache
from merge_worker.model_cache import evict

DAY = 86_400
MB = 1_000_000


def cached(cache: Path, model: str, days: float, size: int = MB) -> Path:
    """A model in the library's layout that was last read some days ago."""
    folder, revision = cache / f"models--{model.replace('/', '--')}", model.encode().hex()[:40]
    revision = revision.ljust(40, "0")
    blob = folder / "blobs" / revision
    snapshot = folder / "snapshots" / revision
    for each in (blob.parent, snapshot, folder / "refs"):
        each.mkdir(parents=True)
    blob.write_bytes(b"\0" * size)
    (snapshot / "model.safetensors").symlink_to(Path("..", "..", "blobs", revision))
    (folder / "refs" / "main").write_text(revision)
    os.utime(blob, (time.time() - days * DAY, time.time() - 100 * DAY))
    return folder


def models(cache: Path) -> set[str]:
    return {repo.repo_id for repo in scan_cache_dir(cache).repos}


def left(cache: Path, removed: Iterable[str]) -> set[str]:
    """The models that the library still finds; those removed have left nothing."""
    for model in removed:
        assert not (cache / f"models--{model.replace('/', '--')}").exists()
    return models(cache)


def test_the_least_recently_read_go_first_and_no_more_than_needed(tmp_path: Path) -> None:
    for days, model in enumerate(("lab/new", "lab/old", "lab/older", "lab/oldest"), start=3):
        cached(tmp_path, model, days)
    removed = evict(tmp_path, 2 * MB)
    assert removed == ["lab/oldest", "lab/older"]
    assert left(tmp_path, removed) == {"lab/new", "lab/old"}
    assert evict(tmp_path, 2 * MB) == []
    folder = snapshot_download("lab/new", cache_dir=tmp_path, local_files_only=True)
    assert (Path(folder) / "model.safetensors").stat().st_size == MB


def test_models_that_are_in_use_stay_even_above_the_limit(tmp_path: Path) -> None:
    cached(tmp_path, "lab/reading", 0.5, 3 * MB)
    cached(tmp_path, "lab/idle", 5)
    assert evict(tmp_path, MB) == ["lab/idle"]
    assert evict(tmp_path, MB) == []
    assert evict(tmp_path, MB, timedelta(hours=1)) == ["lab/reading"]


def test_a_cache_that_does_not_exist_yet_is_small_enough(tmp_path: Path) -> None:
    assert evict(tmp_path / "nothing", 0) == []


def test_the_command_takes_sizes_as_people_write_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_cache.constants, "HF_HUB_CACHE", str(tmp_path))
    cached(tmp_path, "lab/old", 5)
    run = CliRunner().invoke(model_cache.main, ["1MB"])
    assert (run.exit_code, run.output) == (0, "")
    run = CliRunner().invoke(model_cache.main, ["0.9MB"])
    assert (run.exit_code, run.output) == (0, "removed lab/old\n")
    run = CliRunner().invoke(model_cache.main, ["much"])
    assert run.exit_code == 2
    assert "'much' is not a size such as 400GB" in run.output
