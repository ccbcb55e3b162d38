"""The lineage service as an ASGI application."""

from __future__ import annotations

from fastapi import FastAPI

from lineage.answers.endpoints import router as answers
from lineage.background import BACKGROUND
from lineage.graph.endpoints import router as graph
from lineage.imports.endpoints import IMPORT_BYTES
from lineage.imports.endpoints import router as imports
from lineage.memory.serving import start_replica
from lineage.models.endpoints import router as models
from lineage.moderation.endpoints import router as moderation
from lineage.tables import intake
from mergehub.kit.http.app import ServiceParts, build_app
from mergehub.kit.identity.introspection import ask_registry
from mergehub.kit.openapi.links import Link
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import ServiceSettings

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

PARTS = ServiceParts(
    background=BACKGROUND,
    title="Mergehub lineage",
    routers=(models, answers, graph, imports, moderation),
    largest_bodies={"/graph/imports": IMPORT_BYTES},
    links=LINKS,
    readings=intake.readings,
    start=ask_registry,
    loops=start_replica,
)


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    return build_app(PARTS, settings or read_settings(ServiceSettings))
