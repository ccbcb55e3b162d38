"""The worker frees what ended runs left behind, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from starlette.responses import PlainTextResponse

from merge_worker.execution.leftovers import Leftovers
from mergehub.contracts.kinds.merge import MergeSpec
from mergehub.contracts.runs import RunState
from mergehub.contracts.worker_client import RunClient, Unreachable
from mergehub.kit.settings.service import WorkerSettings

SPEC = MergeSpec(
    kind="merge", recipe="", recipe_version=None, recipe_digest="", model_name="m", seed=0
)


@pytest.fixture
def settings(hub: Any, tmp_path: Path) -> WorkerSettings:
    return WorkerSettings(
        hub_url=hub.url,
        worker_token=SecretStr("mgh_worker"),
        artifacts=tmp_path / "artifacts",
        scratch=tmp_path / "scratch",
    )


@pytest.fixture
async def leftovers(settings: WorkerSettings) -> AsyncIterator[Leftovers]:
    client = RunClient.connect(settings.hub_url, "mgh_worker")
    yield Leftovers(settings, client)
    await client.aclose()


def folders(settings: WorkerSettings, run: UUID) -> list[Path]:
    """The scratch folder, the unfinished merge and the model of a run."""
    models = settings.artifacts / "runs"
    return [settings.scratch / "runs" / str(run), models / f"{run}.partial", models / str(run)]


def leave(settings: WorkerSettings, run: UUID) -> None:
    for folder in folders(settings, run):
        folder.mkdir(parents=True)
        (folder / "file").touch()


def left(settings: WorkerSettings, run: UUID) -> list[bool]:
    return [folder.exists() for folder in folders(settings, run)]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (RunState.QUEUED, [True, True, True]),
        (RunState.RUNNING, [True, True, True]),
        (RunState.SUCCEEDED, [False, False, True]),
        (RunState.FAILED, [True, True, True]),  # for a retry
        (RunState.CANCELLED, [False, False, False]),
    ],
)
async def test_the_state_of_a_run_decides(
    hub: Any, settings: WorkerSettings, leftovers: Leftovers, state: RunState, expected: list[bool]
) -> None:
    run = hub.add(SPEC)
    run.state = state
    leave(settings, run.id)
    await leftovers.remove_final()
    assert left(settings, run.id) == expected


async def test_what_failed_long_ago_is_freed(
    hub: Any, settings: WorkerSettings, leftovers: Leftovers
) -> None:
    runs = [hub.add(SPEC) for _ in range(2)]
    for run, hours in zip(runs, (23.9, 24.1), strict=True):
        run.state, run.finished_at = RunState.FAILED, datetime.now(UTC) - timedelta(hours=hours)
        leave(settings, run.id)
    await leftovers.remove_final()
    assert [left(settings, run.id) for run in runs] == [[True] * 3, [False] * 3]


async def test_what_the_hub_does_not_know_is_left_alone(
    settings: WorkerSettings, leftovers: Leftovers
) -> None:
    stranger = uuid4()
    leave(settings, stranger)
    (settings.scratch / "runs" / "notes").mkdir()
    await leftovers.remove_final()
    assert left(settings, stranger) == [True, True, True]
    assert (settings.scratch / "runs" / "notes").exists()


async def test_while_the_hub_is_away_nothing_is_removed(
    hub: Any, settings: WorkerSettings, leftovers: Leftovers
) -> None:
    run = hub.add(SPEC)
    run.state = RunState.CANCELLED
    leave(settings, run.id)
    hub.refuse_with = [PlainTextResponse("Bad gateway", 502)]
    with pytest.raises(Unreachable):
        await leftovers.remove_final()
    assert left(settings, run.id) == [True, True, True]


async def test_without_folders_there_is_nothing_to_do(leftovers: Leftovers) -> None:
    await leftovers.remove_final()


@pytest.mark.process
def test_a_worker_needs_nothing_of_what_services_are_made_of() -> None:
    absent = ["alembic", "asyncpg", "fastapi", "sqlalchemy", "starlette"]
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({absent}));"
        "import merge_worker.jobs, merge_worker.execution.child;"
        "import merge_worker.kinds.merge, merge_worker.kinds.evaluate"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
