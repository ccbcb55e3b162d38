"""The story of a model over HTTP: published, merged, evaluated, in lineage, on the board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from running import RunningHub, eventually, finish, model_of
from tiny_task import ITEMS

from merge_worker.engine import digest_of_folder
from mergehub.client import HubClient
from mergehub.contracts.runs import Run
from mergehub.recipe import parse_recipe, recipe_digest

Digest = Callable[[Run], str]
"""The digest of the model that a run made, computed from its files."""

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


def digest_in(hub: RunningHub, run: Run) -> str:
    """The digest of the model that a run made in a hub on this machine."""
    return digest_of_folder(hub.data / "artifacts" / "runs" / str(run.id))


def publish_and_merge(hub: HubClient, digest: Digest) -> Run:
    """Publish the recipe, merge it, and check the model against the hub's record."""
    version = hub.publish(RECIPE, "whole-way")["version"]
    assert version["digest"] == recipe_digest(parse_recipe(RECIPE))
    wanted = {"kind": "merge", "recipe_version": version["id"], "model_name": "e2e/merged"}
    merged = finish(hub, hub.submit(wanted))
    assert merged.result is not None
    assert digest(merged) == merged.result["output_digest"]
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
    merged, base = (board[name]["scores"]["next"]["raw"] for name in ("e2e/merged", "base"))
    assert parent["difference"]["value"] == pytest.approx(merged - base)


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


def evaluated(hub: HubClient, model: str) -> None:
    """Evaluate a model on the tiny task."""
    finish(hub, hub.submit({"kind": "evaluate", "model": model, "benchmarks": ["next"]}))


def from_recipe_to_uplift(hub: HubClient, digest: Digest) -> None:
    """The whole story, on a hub whose model `base` is evaluated."""
    merged = publish_and_merge(hub, digest)
    evaluated(hub, "e2e/merged")
    check_ancestry(hub)
    check_uplift(hub)
    check_it_is_an_ingredient(hub, merged)
