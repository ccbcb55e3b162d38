"""The leaderboard service as an ASGI application."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI

from leaderboard.benchmarks.endpoints import router as benchmarks
from leaderboard.boards.endpoints import router as boards
from leaderboard.events import consumer
from leaderboard.results.endpoints import router as results
from leaderboard.tables import intake
from leaderboard.uplift.endpoints import router as uplift
from mergehub.kit.database.pruning import Pruner
from mergehub.kit.http.app import Resources, ServiceParts, build_app
from mergehub.kit.identity.introspection import ask_registry
from mergehub.kit.openapi.links import Link
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.loops import Loop


def _loops(resources: Resources) -> Mapping[str, Loop]:
    pruner = Pruner(resources.database, intake.prune, resources.settings.events_days)
    return {"consumer": consumer(resources).run, "pruner": pruner.run}


LINKS = (
    Link("list_boards", ("get_board",), {"board": "$response.body#/items/0/name"}),
    Link("list_results", ("get_uplift",), {"model": "$response.body#/items/0/model"}),
)

PARTS = ServiceParts(
    name="leaderboard",
    title="Mergehub leaderboard",
    routers=(benchmarks, results, boards, uplift),
    migrations="leaderboard.migrations",
    links=LINKS,
    loops=_loops,
    readings=intake.readings,
    start=ask_registry,
)


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    return build_app(PARTS, settings or read_settings(ServiceSettings))
