"""The leaderboard service as an ASGI application."""

from __future__ import annotations

from fastapi import FastAPI

from leaderboard.ablations.endpoints import router as ablations
from leaderboard.background import BACKGROUND
from leaderboard.benchmarks.endpoints import router as benchmarks
from leaderboard.boards.endpoints import router as boards
from leaderboard.results.endpoints import router as results
from leaderboard.scores.endpoints import router as scores
from leaderboard.tables import intake
from leaderboard.uplift.endpoints import router as uplift
from mergehub.kit.http.app import ServiceParts, build_app
from mergehub.kit.identity.introspection import ask_registry
from mergehub.kit.openapi.links import Link
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import ServiceSettings

LINKS = (
    Link("list_boards", ("get_board",), {"board": "$response.body#/items/0/name"}),
    Link("list_results", ("get_uplift",), {"model": "$response.body#/items/0/model"}),
)

PARTS = ServiceParts(
    background=BACKGROUND,
    title="Mergehub leaderboard",
    routers=(benchmarks, results, boards, scores, uplift, ablations),
    links=LINKS,
    readings=intake.readings,
    start=ask_registry,
)


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    return build_app(PARTS, settings or read_settings(ServiceSettings))
