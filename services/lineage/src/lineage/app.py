"""The lineage service as an ASGI application."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI

from lineage.events import consumer
from lineage.graph.endpoints import router as graph
from lineage.models.endpoints import router as models
from lineage.tables import intake
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


LINKS = tuple(
    Link(
        listing,
        ("get_model", "list_ancestors", "list_descendants"),
        {"model_id": "$response.body#/items/0/id"},
    )
    for listing in ("list_models", "list_popular_models")
)

PARTS = ServiceParts(
    name="lineage",
    title="Mergehub lineage",
    routers=(models, graph),
    migrations="lineage.migrations",
    links=LINKS,
    loops=_loops,
    readings=intake.readings,
    start=ask_registry,
)


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    return build_app(PARTS, settings or read_settings(ServiceSettings))
