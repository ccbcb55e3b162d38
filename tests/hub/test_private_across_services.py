"""A private recipe on a whole hub is merged and scored, but in no lineage until it is public."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from running import RunningHub, eventually, finish, model_of

from mergehub.client import HubClient, HubError

RECIPE = """
merge_method: linear
models:
  - model: left
    parameters: {weight: 0.5}
  - model: right
    parameters: {weight: 0.5}
"""


def merged(hub: HubClient, recipe: dict[str, Any], name: str) -> None:
    wanted = {
        "kind": "merge",
        "recipe_version": recipe["version"]["id"],
        "model_name": name,
    }
    finish(hub, hub.submit(wanted))


def test_a_private_merge_comes_to_lineage_once_it_is_public(hub: RunningHub) -> None:
    with hub.client() as owner, HubClient(hub.url) as stranger:
        secret = owner.publish(RECIPE, "secret", visibility="private")
        merged(owner, secret, "private/merged")
        merged(owner, owner.publish(RECIPE, "open"), "open/merged")
        eventually(lambda: model_of(owner, "open/merged"))
        # Events come in order, and those of the private merge come first.
        assert model_of(owner, "private/merged") is None
        with pytest.raises(HubError, match="There is no recipe called 'secret'"):
            stranger.recipe("secret")
        assert all(run.visibility == "public" for run in stranger.runs())

        answer = httpx.patch(
            f"{hub.url}/v1/recipes/{secret['id']}",
            json={"visibility": "public"},
            headers={"Authorization": f"Bearer {hub.token}", "If-Match": "*"},
        )
        assert answer.status_code == 200, answer.text
        model = eventually(lambda: model_of(owner, "private/merged"))
        parents = {node["name"] for node in owner.ancestors(model["id"])["nodes"]}
        assert parents == {"private/merged", "left", "right"}
        assert stranger.recipe("secret")["owner"] == "local"
