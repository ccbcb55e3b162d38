"""Finds the models that this machine's hub has made, for merges in a shell."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from mergehub.recipe import ModelRef, Recipe, references
from mergehub.recipe.reference import PATHS
from mergehub.tls import tls
from mergehub.whereabouts import default_folder, read_connection

SECONDS = 3.0  # for a hub on the same machine


def products_here(recipe: Recipe, roots: Iterable[Path]) -> dict[str, Path]:
    """The folder of each product that a recipe names and that this machine's hub has.

    A folder under a root has priority over a product of the same name.
    """
    named = [each for each in references(recipe) if not _is_no_product(each, roots)]
    artifacts = default_folder() / "artifacts" / "runs"
    found = {each.model: str(each.run_id) for each in named if each.run_id}
    found |= _newest_runs({each.model for each in named if not each.run_id})
    return {name: artifacts / run for name, run in found.items() if (artifacts / run).is_dir()}


def _is_no_product(reference: ModelRef, roots: Iterable[Path]) -> bool:
    """Whether it names a folder, or has a revision, which products do not have."""
    name = reference.model
    if reference.revision is not None or "://" in name:
        return True
    return name.startswith(PATHS) or any((each / name).is_dir() for each in roots)


def _newest_runs(names: Iterable[str]) -> dict[str, str]:
    """The newest run that made a model of each name; empty if no hub answers."""
    hub = read_connection(default_folder())
    if "url" not in hub:
        return {}
    headers = {"Authorization": f"Bearer {hub['token']}"} if "token" in hub else {}
    wanted: dict[str, str | int] = {"kind": "merge", "state": "succeeded", "limit": 1}
    found = {}
    try:
        with httpx.Client(
            base_url=hub["url"],
            headers=headers,
            timeout=SECONDS,
            trust_env=False,
            verify=tls(hub["url"]),
        ) as client:
            for name in sorted(names):
                for run in _items(client.get("/v1/runs", params={**wanted, "model": name})):
                    found[name] = str(run["id"])
    except (httpx.HTTPError, ValueError, KeyError):
        return found
    return found


def _items(answer: httpx.Response) -> list[dict[str, Any]]:
    answer.raise_for_status()
    return list(answer.json()["items"])
