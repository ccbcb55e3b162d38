"""The table of services and their paths, against which every router is checked; the pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """One program of the hub: its name, its path prefixes and its ASGI factory.

    `factory` is the text `module:function`, so that this table imports no service.
    """

    name: str
    prefixes: tuple[str, ...]
    factory: str


SERVICES: tuple[Service, ...] = (
    Service(
        "registry",
        (
            "/v1/recipes",
            "/v1/runs",
            "/v1/artifacts",
            "/v1/queues",
            "/v1/workers",
            "/v1/webhooks",
            "/v1/tokens",
            "/v1/accounts",
            "/v1/events",
        ),
        "registry.app:create_app",
    ),
    Service("lineage", ("/v1/models", "/v1/graph"), "lineage.app:create_app"),
    Service(
        "leaderboard",
        ("/v1/benchmarks", "/v1/results", "/v1/boards", "/v1/uplift", "/v1/recommendations"),
        "leaderboard.app:create_app",
    ),
)


PAGES = (
    "/",
    "/map",
    "/boards",
    "/models",
    "/uplift",
    "/compare",
    "/recommend",
    "/import",
    "/recipes",
    "/publish",
    "/runs",
    "/account",
)
"""The addresses of the pages for people. `web/src/app/routes.ts` has the same."""

FOLDERS = ("/recipes", "/runs")
"""The pages of lists. What they list has pages of its own below them, such as `/runs/<id>`."""

ASSETS = "/assets"
"""The folder of the files that the pages load."""


def service_for(path: str) -> Service | None:
    """The service that owns `path`, or None if no prefix matches whole segments of it."""
    for service in SERVICES:
        if any(path == prefix or path.startswith(f"{prefix}/") for prefix in service.prefixes):
            return service
    return None
