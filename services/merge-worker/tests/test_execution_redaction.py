"""A run's record of a failure does not contain the folders of the worker's machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from at_work import bell, listening, merge_spec
from redis.asyncio import Redis

from merge_worker.child.failure import RunFailed, out_of_memory
from merge_worker.child.messages import Job
from merge_worker.engine import errors
from merge_worker.evaluate.errors import EvaluationError
from merge_worker.execution.redaction import public, without_folders
from mergehub.contracts.hardware import Capacity
from mergehub.kit.settings.service import WorkerSettings

RUN = UUID("5f0c2f0e-6a8e-4c34-9c51-0d1f6f0f4a11")
ROOT = Path("/srv/hub")


@pytest.fixture
def job() -> Job:
    return Job(
        run_id=RUN, spec=merge_spec("models: [{model: /usr/mine/a}]"), products={}, hardware="cpu",
        capacity=Capacity(), model_roots=(ROOT / "my models", ROOT / "models"),
        task_roots=(ROOT / "tasks",), artifacts=ROOT / "artifacts", scratch=ROOT / "scratch",
        parent=os.getpid(),
    )  # fmt: skip


SAID = [
    ("/srv/hub/models/org/a/config.json is damaged", "org/a/config.json is damaged"),
    ("'/srv/hub/my models/a' is a link", "'a' is a link"),
    ("none of (/srv/hub/my models, /srv/hub/models)", "none of (<models>)"),
    (f"/srv/hub/artifacts/runs/{RUN}/x.safetensors", f"run:{RUN}/x.safetensors"),
    (f"from /srv/hub/artifacts/runs/{RUN}.partial.", f"from run:{RUN}."),
    (f"full: '/srv/hub/scratch/runs/{RUN}/child.log'", f"full: 'runs/{RUN}/child.log'"),
    ("the task /srv/hub/tasks/gsm8k.yaml", "the task gsm8k.yaml"),
    ("/srv/hub/models", "<models>"),
    ("/srv/hub/models/", "<models>"),
    ('  File "/usr/lib/python3.11/json/decoder.py", line 3', '  File "…/decoder.py", line 3'),
    (f"in {sys.executable}: no", f"in …/{Path(sys.executable).name}: no"),
    ("cache:/root/.cache/hub/x and file:///root/.cache/y", "cache:…/x and file://…/y"),
    ("=/tmp/a/b", "=…/b"),
    ("/usr/mine/a is not a folder", "/usr/mine/a is not a folder"),
    ("at /models/0/parameters: no", "at /models/0/parameters: no"),
    ("org/tmp/a of https://huggingface.co/tmp/a", "org/tmp/a of https://huggingface.co/tmp/a"),
    ("1/2 of 3 / 4", "1/2 of 3 / 4"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "told"), SAID)
def test_folders_of_the_machine_are_not_told(job: Job, said: str, told: str) -> None:
    assert without_folders(said, job) == told


def _all(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _all(each)


@pytest.mark.parametrize("kind", [*_all(errors.EngineError), *_all(EvaluationError), MemoryError])
def test_an_error_of_whatever_class_is_told_without_them(job: Job, kind: type[Exception]) -> None:
    raised = kind(" ".join(said for said, _ in SAID if "usr/mine" not in said))
    failed = out_of_memory(raised) if kind is MemoryError else RunFailed("failed", str(raised))
    error = failed.error.with_last_lines([f"{kind.__name__}: {raised}", "Traceback of /tmp/x/y"])
    told = public(error, job).model_dump_json()
    for folder in ("/srv", "/root", "/usr", "/tmp/x", sys.prefix):
        assert folder not in told
    assert "org/a/config.json" in told


def _missing(models: Path) -> str:
    return "nowhere"


def _link(models: Path) -> str:
    (models / "linked").mkdir()
    (models / "linked" / "config.json").symlink_to(sys.executable)
    return "linked"


def _damaged(models: Path) -> str:
    (models / "damaged").mkdir()
    (models / "damaged" / "model.safetensors").write_bytes(b"\xff" * 64)
    (models / "damaged" / "config.json").write_text("{}")
    return "damaged"


def _crash(models: Path) -> str:
    """A model that ends the child with an unexpected exception, if there is one."""
    (models / "odd").mkdir()
    (models / "odd" / "model.safetensors").mkdir()
    (models / "odd" / "config.json").mkdir()
    return "odd"


@pytest.mark.parametrize("broken", [_missing, _link, _damaged, _crash])
async def test_what_a_worker_reports_names_no_folder_of_its_machine(
    settings: WorkerSettings, hub: Any, redis: Redis, tmp_path: Path, broken: Any
) -> None:
    root = tmp_path / "secret-place"
    root.mkdir()
    name = broken(root)
    recipe = f"merge_method: linear\nmodels: [{{model: {name}, parameters: {{weight: 1}}}}]\n"
    run = hub.add(merge_spec(recipe))
    async with listening(settings.model_copy(update={"model_roots": [root]})):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    told = run.reports[0].model_dump_json()
    assert run.reports[0].outcome == "failed"
    assert name in told or "exit status" in told
    for folder in (str(tmp_path), "secret-place", sys.prefix, str(Path(__file__).parents[3])):
        assert folder not in told
