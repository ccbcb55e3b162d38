"""The Ingress leads every path to the service that has it, and hides what only the cluster asks."""

from __future__ import annotations

from typing import Any

import pytest

from k8s.objects import one, planted
from k8s.render import OVERLAYS, Object, rendered
from mergehub.contracts.services import ASSETS, FOLDERS, PAGES, SERVICES, service_for

pytestmark = pytest.mark.process


def paths(objects: list[Object]) -> list[Object]:
    return one(objects, "Ingress", "mergehub")["spec"]["rules"][0]["http"]["paths"]


def leads_to(objects: list[Object], path: str) -> str | None:
    """The service of a path: by whole segments, the longest prefix, as the API defines it."""
    found = [
        (len(each["path"]), each["backend"]["service"]["name"])
        for each in paths(objects)
        if path == each["path"]
        or (each["pathType"] == "Prefix" and path.startswith(f"{each['path']}/"))
    ]
    return max(found)[1] if found else None


def table(objects: list[Object]) -> dict[str, str]:
    """The API's prefixes with their services."""
    return {each["path"]: each["backend"]["service"]["name"]
            for each in paths(objects) if each["path"].startswith("/v1/")}  # fmt: skip


FIRST = len(PAGES) + 1  # of the API, after the pages and their files
RIGHT = {prefix: f"{service.name}-api" for service in SERVICES for prefix in service.prefixes}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_paths_are_those_of_the_one_table(overlay: str) -> None:
    objects = rendered(overlay)
    assert table(objects) == RIGHT
    for service in SERVICES:
        for prefix in service.prefixes:
            owner = service_for(f"{prefix}/some/thing")
            assert owner is not None
            assert leads_to(objects, f"{prefix}/some/thing") == f"{owner.name}-api"
        assert leads_to(objects, f"/docs/problems/{service.name}/a-code") == f"{service.name}-api"
        assert leads_to(objects, f"/docs/openapi/{service.name}.json") == f"{service.name}-api"
    assert leads_to(objects, "/docs/guides") == "registry-api"
    for page in (*PAGES, *(f"{folder}/some/thing" for folder in FOLDERS), f"{ASSETS}/index.js"):
        assert leads_to(objects, page) == "registry-api"


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/mapped", "/v1/runsomething"])
def test_what_only_the_cluster_asks_is_not_reachable(path: str) -> None:
    assert leads_to(rendered("production"), path) is None


def test_production_has_one_host_with_tls_that_browsers_know() -> None:
    objects = rendered("production")
    spec = one(objects, "Ingress", "mergehub")["spec"]
    (rule,), (tls,) = spec["rules"], spec["tls"]
    assert tls["hosts"] == [rule["host"]]
    public = {each["data"]["MERGEHUB_PUBLIC_URL"] for each in objects
              if each["kind"] == "ConfigMap" and "MERGEHUB_PUBLIC_URL" in each["data"]}  # fmt: skip
    assert public == {f"https://{rule['host']}"}


@pytest.mark.parametrize(
    "change",
    [
        lambda o: paths(o).pop(FIRST),
        lambda o: paths(o)[FIRST].update(path="/v1/recipe"),
        lambda o: paths(o)[FIRST]["backend"]["service"].update(name="lineage-api"),
        lambda o: paths(o).append({**paths(o)[FIRST], "path": "/v1/else"}),
    ],
)
def test_a_planted_fault_is_found(change: Any) -> None:
    assert table(planted(rendered("local"), change)) != RIGHT
