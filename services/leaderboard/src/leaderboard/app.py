"""The leaderboard service as an ASGI application."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI

from leaderboard.ablations.endpoints import router as ablations
from leaderboard.background import BACKGROUND
from leaderboard.benchmarks.endpoints import router as benchmarks
from leaderboard.boards.current import boards_in
from leaderboard.boards.endpoints import router as boards
from leaderboard.boards.own_endpoints import router as own_boards
from leaderboard.history.endpoints import router as history
from leaderboard.imports.endpoints import FILE_BYTES, IMPORT_BYTES
from leaderboard.imports.endpoints import router as imports
from leaderboard.memory.replica import replica_in
from leaderboard.memory.serving import facts_fault
from leaderboard.recommendations.endpoints import router as recommendations
from leaderboard.releases.endpoints import router as releases
from leaderboard.results.endpoints import router as results
from leaderboard.scores.endpoints import router as scores
from leaderboard.tables import intake
from leaderboard.uplift.endpoints import router as uplift
from leaderboard.uplift.tables.endpoints import router as uplift_tables
from leaderboard.withdrawals.endpoints import router as withdrawals
from mergehub.kit.background.resources import Resources
from mergehub.kit.http.app import ServiceParts, build_app
from mergehub.kit.identity.introspection import ask_registry
from mergehub.kit.openapi.links import Link
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.loops import Loop

LINKS = (
    Link("list_boards", ("get_board",), {"board": "$response.body#/items/0/name"}),
    Link("list_results", ("get_uplift",), {"model": "$response.body#/items/0/model"}),
)


def _loops(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    return {"facts": replica_in(resources).run, **boards_in(resources).loops()}


PARTS = ServiceParts(
    background=BACKGROUND,
    title="Mergehub leaderboard",
    routers=(
        benchmarks,
        imports,
        withdrawals,
        results,
        boards,
        own_boards,
        releases,
        history,
        scores,
        uplift,
        ablations,
        uplift_tables,
        recommendations,
    ),
    links=LINKS,
    readings=intake.readings,
    start=ask_registry,
    largest_bodies={"/results/imports": IMPORT_BYTES, "/results/files": FILE_BYTES},
    loops=_loops,
    unready=facts_fault,
)


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    return build_app(PARTS, settings or read_settings(ServiceSettings))
