"""The whole way, over HTTP through real processes: publish, run, follow, read back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import RunningHub, eventually, finish, model_of, started_hub
from tiny_task import ITEMS

from merge_worker.engine import digest_of_folder
from mergehub.client import HubClient, HubError
from mergehub.contracts.runs import LEASE_SECONDS, Run, RunState
from mergehub.recipe import parse_recipe, recipe_digest

SECONDS_TO_START_AGAIN = 8  # the sweeper's turn, the pause after a failure, a new worker process

RECIPE = """
merge_method: task_arithmetic   # two fine-tunes and an adapter of one base
base_model: base
models:
  - model: left
    parameters: {weight: 0.5}
  - model: right
    parameters: {weight: 0.25}
  - model: base+adapter
    parameters: {weight: 1.0}
out_dtype: bfloat16
"""


def publish_and_merge(running: RunningHub, hub: HubClient) -> Run:
    """Publish the recipe, merge it, and check the model against the hub's record."""
    version = hub.publish(RECIPE, "whole-way")["version"]
    assert version["digest"] == recipe_digest(parse_recipe(RECIPE))
    wanted = {"kind": "merge", "recipe_version": version["id"], "model_name": "e2e/merged"}
    merged = finish(hub, hub.submit(wanted))
    assert merged.result is not None
    folder = running.data / "artifacts" / "runs" / str(merged.id)
    assert digest_of_folder(folder) == merged.result["output_digest"]
    return merged


def check_ancestry(hub: HubClient) -> None:
    model = eventually(lambda: model_of(hub, "e2e/merged"))
    walk = hub.ancestors(model["id"])
    names = {"e2e/merged", "left", "right", "base+adapter", "base"}
    assert {node["name"] for node in walk["nodes"]} == names
    relations = {edge["relation"] for edge in walk["edges"]}
    assert relations == {"merge", "adapter"}


def check_uplift(hub: HubClient) -> None:
    def rows() -> dict[str, Any] | None:
        board = {row["model"]: row for row in hub.get("/v1/boards/overall")["items"]}
        return board if {"base", "e2e/merged"} <= set(board) else None

    board = eventually(rows)
    assert board["e2e/merged"]["merged"]
    assert not board["base"]["merged"]
    uplift = hub.get("/v1/uplift", model="e2e/merged")
    (parent,) = uplift["benchmarks"][0]["parents"]
    assert (parent["model"], parent["paired"], parent["items"]) == ("base", True, ITEMS)
    gained = board["e2e/merged"]["mean"]["value"] - board["base"]["mean"]["value"]
    assert parent["difference"]["value"] == pytest.approx(gained)


def check_it_is_an_ingredient(hub: HubClient, merged: Run) -> None:
    """Merge it by its name, in any case; lineage must show it as the child's parent."""
    recipe = "merge_method: linear\nmodels: [{model: E2E/Merged, parameters: {weight: 1}}]\n"
    again = finish(hub, hub.submit({"kind": "merge", "recipe": recipe, "model_name": "e2e/again"}))
    assert again.products == {"E2E/Merged": merged.id}
    assert again.result is not None
    assert merged.result is not None
    (parent,) = again.result["parents"]
    assert parent["digest"] == merged.result["output_digest"]
    model = eventually(lambda: model_of(hub, "e2e/again"))
    edges = hub.ancestors(model["id"])["edges"]
    assert merged.result["output_digest"] in {edge["parent_digest"] for edge in edges}


@pytest.mark.timeout(400)
def test_from_a_recipe_to_its_measured_uplift(measured_hub: RunningHub) -> None:
    with measured_hub.client() as client:
        merged = publish_and_merge(measured_hub, client)
        wanted = {"kind": "evaluate", "model": "e2e/merged", "benchmarks": ["next"]}
        finish(client, client.submit(wanted))
        check_ancestry(client)
        check_uplift(client)
        check_it_is_an_ingredient(client, merged)


@pytest.mark.timeout(300)
def test_the_same_on_stores_that_two_urls_name(
    store_folder: Path, models: Path, fresh_database: str, redis_url: str
) -> None:
    stores = {"MERGEHUB_DATABASE_URL": fresh_database, "MERGEHUB_REDIS_URL": redis_url}
    with started_hub(store_folder / "named", models, **stores) as running:
        assert not (running.data / "pg" / "data").exists()
        with running.client() as client:
            publish_and_merge(running, client)
            check_ancestry(client)


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
