"""The lineage service as an ASGI application."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI

from lineage.answers.endpoints import router as answers
from lineage.background import BACKGROUND
from lineage.exports.endpoints import router as exports
from lineage.facets.current import start_facets
from lineage.facets.endpoints import router as facets
from lineage.feed.endpoints import router as feed
from lineage.imports.endpoints import IMPORT_BYTES
from lineage.imports.endpoints import router as imports
from lineage.ingredients.endpoints import router as ingredients
from lineage.map.changes import router as map_changes
from lineage.map.endpoints import router as map_data
from lineage.models.endpoints import router as models
from lineage.moderation.endpoints import router as flags
from lineage.moderation.withdrawal_endpoints import router as withdrawals
from lineage.replica.serving import graph_fault, start_replica
from lineage.scores.serving import start_scores
from lineage.search.current import start_search
from lineage.statistics.current import start_statistics
from lineage.statistics.endpoints import router as statistics
from lineage.tables import intake
from mergehub.kit.background.resources import Resources
from mergehub.kit.http.app import ServiceParts, build_app
from mergehub.kit.identity.introspection import ask_registry
from mergehub.kit.openapi.links import Link
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.loops import Loop

LINKS = tuple(
    Link(
        listing,
        (
            "get_model",
            "list_ancestors",
            "list_descendants",
            "list_relatives",
            "list_parents",
            "list_children",
            "get_shares",
            "get_licences",
            "get_contamination",
        ),
        {"model_id": "$response.body#/items/0/id"},
    )
    for listing in ("list_models", "list_popular_models")
)


def _loops(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    return {
        **start_replica(app, resources),
        **start_statistics(app, resources),
        **start_scores(app, resources),
        **start_facets(app, resources),
        **start_search(app, resources),
    }


PARTS = ServiceParts(
    background=BACKGROUND,
    title="Mergehub lineage",
    routers=(
        feed,  # before the paths of one model, by its id
        models,
        answers,
        ingredients,
        map_data,
        map_changes,
        facets,
        exports,
        statistics,
        imports,
        flags,
        withdrawals,
    ),
    largest_bodies={"/graph/imports": IMPORT_BYTES},
    links=LINKS,
    readings=intake.readings,
    start=ask_registry,
    loops=_loops,
    unready=graph_fault,
)


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    return build_app(PARTS, settings or read_settings(ServiceSettings))
