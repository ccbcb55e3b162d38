"""The loops of one attempt, when things happen at the same moment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from merge_worker.execution.attempt import Attempt
from mergehub.contracts.runs import Claim, MergeSpec

SPEC = MergeSpec(recipe="", recipe_version=None, recipe_digest="", model_name="m", seed=0)


class Silent:
    """A hub that never answers."""

    async def heartbeat(self, *message: Any) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("turns", range(6))
async def test_heartbeats_end_with_the_child_though_a_stage_began_just_now(turns: int) -> None:
    claim = Claim.model_construct(run_id="r", fence=1, heartbeat_seconds=100, spec=SPEC)
    attempt = Attempt(claim, None, Silent(), asyncio.Event())  # type: ignore[arg-type]
    beating = asyncio.create_task(attempt._beat())
    await asyncio.sleep(0.01)
    attempt._new_stage.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    beating.cancel()
    done, _ = await asyncio.wait({beating}, timeout=1)
    beating.cancel()
    assert done
