"""The whole way, over HTTP through real processes: publish, run, follow, read back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from running import RunningHub, eventually, finish
from story import RECIPE, digest_in, from_recipe_to_uplift

from mergehub.cli.main import main
from mergehub.client import HubClient, HubError
from mergehub.contracts.runs import LEASE_SECONDS, Run, RunState

SECONDS_TO_START_AGAIN = 8  # the sweeper's turn, the pause after a failure, a new worker process


@pytest.mark.timeout(400)
def test_from_a_recipe_to_its_measured_uplift(measured_hub: RunningHub) -> None:
    with measured_hub.client() as client:
        from_recipe_to_uplift(client, lambda run: digest_in(measured_hub, run))


def submit_deep(client: HubClient, name: str) -> Run:
    """A merge that takes a while."""
    recipe = {
        "merge_method": "ties",
        "base_model": "deep-base",
        "models": [
            {"model": name, "parameters": {"weight": 1, "density": 0.5}}
            for name in ("deep-left", "deep-right")
        ],
    }
    wanted = {"kind": "merge", "recipe": yaml.safe_dump(recipe), "model_name": name}
    return client.submit(wanted)


@pytest.fixture(scope="module")
def calm(hub: RunningHub) -> Run:
    """The merge that nothing disturbed."""
    with hub.client() as client:
        return finish(client, submit_deep(client, "e2e/calm"))


def test_a_model_of_the_hub_verifies_with_the_keys_that_the_hub_publishes(
    hub: RunningHub, calm: Run, tmp_path: Path
) -> None:
    place = {"MERGEHUB_URL": hub.url, "MERGEHUB_TOKEN": hub.token}
    keys = CliRunner().invoke(main, ["keys", "--hub"], env=place)
    assert keys.exit_code == 0, keys.output
    (tmp_path / "hub.pem").write_text(keys.stdout)
    folder = hub.data / "artifacts" / "runs" / str(calm.id)
    words = ["verify", str(folder), "--key", str(tmp_path / "hub.pem"), "--json"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    verdict = json.loads(done.stdout)
    assert (verdict["genuine"], verdict["run"]) == (True, str(calm.id))
    assert calm.result is not None
    assert verdict["output_digest"] == calm.result["output_digest"]


@pytest.mark.parametrize("culprit", ["child", "worker"])
def test_kill_9_costs_time_and_nothing_else(hub: RunningHub, calm: Run, culprit: str) -> None:
    with hub.client() as client:
        run = submit_deep(client, f"e2e/disturbed-{culprit}")
        _kill_in_mid_run(client, hub, run, culprit)
        killed = time.monotonic()
        next(seen for seen in client.follow(run.id) if seen.attempt == 2)
        assert time.monotonic() - killed < LEASE_SECONDS + SECONDS_TO_START_AGAIN
        disturbed = finish(client, run)
    assert calm.result is not None
    assert disturbed.result is not None
    assert disturbed.result["output_digest"] == calm.result["output_digest"]
    assert disturbed.attempt == 2


def _kill_in_mid_run(client: HubClient, hub: RunningHub, run: Run, culprit: str) -> None:
    for seen in client.follow(run.id):
        if seen.state is RunState.RUNNING:
            break
    worker = eventually(lambda: next(iter(hub.workers()), None))
    child = eventually(lambda: next(iter(worker.children()), None))
    (worker if culprit == "worker" else child).kill()


def test_a_wrong_recipe_is_refused_with_every_fault_at_once(hub: RunningHub) -> None:
    wrong = RECIPE.replace("weight: 0.5", "wieght: 0.5").replace("out_dtype", "outdtype")
    with hub.client() as client, pytest.raises(HubError) as refused:
        client.publish(wrong, "wrong")
    assert refused.value.status == 422
    said = {fault.pointer: fault.suggestion for fault in refused.value.faults}
    assert len(said) == 2
    assert any("wieght" in pointer and "weight" in str(hint) for pointer, hint in said.items())
    assert any("outdtype" in pointer and "out_dtype" in str(hint) for pointer, hint in said.items())
