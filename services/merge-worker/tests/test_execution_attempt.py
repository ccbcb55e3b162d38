"""A worker's loops end if they are cancelled at the same moment as the event they wait for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from arq.worker import Worker

from merge_worker.execution.attempt import Attempt
from merge_worker.jobs import Listener
from mergehub.contracts.kinds.merge import MergeSpec
from mergehub.contracts.runs import Claim

SPEC = MergeSpec(
    kind="merge", recipe="", recipe_version=None, recipe_digest="", model_name="m", seed=0
)


class Silent:
    """A hub that never answers."""

    async def heartbeat(self, *message: Any) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("turns", range(6))
async def test_heartbeats_end_with_the_child_though_a_stage_began_just_now(turns: int) -> None:
    claim = Claim.model_construct(run_id="r", fence=1, heartbeat_seconds=100, spec=SPEC)
    attempt = Attempt(claim, None, Silent(), asyncio.Event(), None)  # type: ignore[arg-type]
    beating = asyncio.create_task(attempt._beat())
    await asyncio.sleep(0.01)
    attempt._news.set()
    assert await ends(beating, turns)


@pytest.mark.parametrize("turns", range(6))
async def test_listening_ends_with_a_drain_though_the_slot_was_freed_just_now(
    turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def healthy(self: Worker) -> None:
        pass

    monkeypatch.setattr(Worker, "heart_beat", healthy)
    listener, free = Listener.__new__(Listener), asyncio.Event()
    listener._free, listener.tasks = free, {}

    async def listen() -> None:
        await listener.heart_beat()
        await asyncio.Event().wait()

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.01)
    free.set()
    assert await ends(listening, turns)


async def ends(task: asyncio.Task[Any], turns: int) -> bool:
    """Whether a task ends if it is cancelled after a number of turns of the loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=1)
    task.cancel()
    return bool(done)
