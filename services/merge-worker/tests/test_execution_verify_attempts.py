"""Attempts at a verification that end early: what they leave, and how the next one goes on."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from at_work import LAYERS, RECIPE, children, eventually
from counterpart import CounterpartHub, KeptRun

from merge_worker.child.messages import scratch_folder
from merge_worker.execution.slot import Slot
from merge_worker.verifying.record import NAME
from mergehub.contracts.kinds.verify import VerifyResult, VerifySpec
from mergehub.contracts.provenance.settings import MergeSetting
from mergehub.contracts.runs import HeartbeatAnswer, HeartbeatRequest, RunState
from mergehub.contracts.worker_client import RunClient
from mergehub.kit.settings.service import WorkerSettings

pytestmark = pytest.mark.process
RUN = "5f0c2f0e-6a8e-4c34-9c51-0d1f6f0f4a11"


@pytest.fixture
def spec(undisturbed: Path) -> VerifySpec:
    """The verification of the merge whose model is `undisturbed`."""
    manifest = json.loads((undisturbed / "manifest.json").read_bytes())
    return VerifySpec.model_validate({
        "kind": "verify", "run": RUN, "recipe": RECIPE, "recipe_version": None,
        "recipe_digest": "sha256:0", "model_name": "merged", "seed": 0, "independent": True,
        "output_digest": manifest["output_digest"], "manifest": manifest["tensors"],
        "made": MergeSetting(engine_version="5", versions={}, device=None, machine=None),
        "lock": json.loads((undisturbed / "mergehub.lock.json").read_bytes()),
    })  # fmt: skip


@pytest.fixture
async def slot(settings: WorkerSettings, hub: CounterpartHub) -> AsyncIterator[Slot]:
    client = RunClient.connect(settings.hub_url, "mgh_worker")
    yield Slot(settings, client)
    await client.aclose()


async def test_a_killed_verification_continues_where_it_ended(
    spec: VerifySpec, slot: Slot, hub: CounterpartHub, settings: WorkerSettings
) -> None:
    run = hub.add(spec)
    journal = scratch_folder(settings.scratch, run.id) / NAME
    work = await slot.take(run.id)

    def compared() -> int:
        return journal.read_bytes().count(b'"tensor"') if journal.is_file() else 0

    before = await eventually(compared)
    os.kill(children(os.getpid())[0], signal.SIGKILL)
    await work
    assert run.state is RunState.QUEUED
    await (await slot.take(run.id))
    assert run.state is RunState.SUCCEEDED
    result = run.reports[-1].result
    assert isinstance(result, VerifyResult)
    assert (result.same, result.tensors) == (True, LAYERS)
    done = [beat.progress.done for beat in run.beats if beat.progress and beat.fence == run.fence
            and beat.progress.stage == "fill"]  # fmt: skip
    assert done[0] >= before
    assert not journal.parent.exists()
    assert not (settings.models / "runs").exists()


async def test_a_cancelled_verification_leaves_nothing(
    spec: VerifySpec,
    slot: Slot,
    hub: CounterpartHub,
    settings: WorkerSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, answered = hub.add(spec), hub.heartbeat

    def heartbeat(run: KeptRun, body: HeartbeatRequest) -> HeartbeatAnswer:
        run.cancel = body.progress is not None and body.progress.stage == "fill"
        return answered(run, body)

    monkeypatch.setattr(hub, "heartbeat", heartbeat)
    await (await slot.take(run.id))
    assert run.reports[-1].outcome == "cancelled"
    assert not scratch_folder(settings.scratch, run.id).exists()
    assert not (settings.models / "runs").exists()
