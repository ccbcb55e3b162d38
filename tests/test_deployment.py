"""The deployment's files agree with the table of services and paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from applications import documents

from mergehub.contracts.services import SERVICES, Service, service_for

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_compose_routes_each_prefix_to_its_service(
    service: Service, compose: dict[str, Any]
) -> None:
    labels = compose["services"][service.name]["labels"]
    rule = labels[f"traefik.http.routers.{service.name}.rule"]
    assert tuple(re.findall(r"PathPrefix\(`([^`]+)`\)", rule)) == service.prefixes


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_serves_its_own_prefixes_all_of_them_and_no_other(service: Service) -> None:
    paths = list(documents()[service.name]["paths"])
    assert paths
    assert {service_for(path) for path in paths} == {service}
    unserved = [
        prefix
        for prefix in service.prefixes
        if not any(path == prefix or path.startswith(f"{prefix}/") for path in paths)
    ]
    assert unserved == []


def test_no_two_services_share_a_prefix() -> None:
    prefixes = [prefix for service in SERVICES for prefix in service.prefixes]
    assert len(prefixes) == len(set(prefixes))


def test_every_dockerfile_that_compose_names_exists(compose: dict[str, Any]) -> None:
    builds = [part["build"] for part in compose["services"].values() if "build" in part]
    assert builds
    for build in builds:
        assert (ROOT / build["dockerfile"]).is_file(), build["dockerfile"]


def test_compose_gives_each_program_the_secrets_that_it_needs(compose: dict[str, Any]) -> None:
    def holds(name: str) -> set[str]:
        parts = compose["services"].items()
        return {part for part, told in parts if name in told.get("environment", ())}

    services = {service.name for service in SERVICES}
    assert holds("MERGEHUB_SECRETS_KEYS") == {"registry", "registry-background"}
    assert holds("MERGEHUB_DATABASE_URL") == services | {f"{name}-background" for name in services}
    assert "worker" not in holds("MERGEHUB_BOOTSTRAP_TOKEN") | holds("MERGEHUB_SERVICE_TOKEN")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_compose_routes_the_documentation_to_the_service_that_has_it(
    service: Service, compose: dict[str, Any]
) -> None:
    rule = compose["services"][service.name]["labels"][
        f"traefik.http.routers.{service.name}-docs.rule"
    ]
    prefixes = tuple(re.findall(r"PathPrefix\(`([^`]+)`\)", rule))
    assert f"/docs/problems/{service.name}/some-code".startswith(prefixes)
    assert f"/docs/openapi/{service.name}.json".startswith(prefixes)
