"""The middleware that every request of a service passes on its way to a route, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from mergehub.kit.http.api import Api
from mergehub.kit.http.await_tables import AwaitTables
from mergehub.kit.http.problem_handlers import install_problems
from mergehub.kit.middleware.bodies import BodyLimit, PlainBodies
from mergehub.kit.middleware.deprecation import LateHeaders
from mergehub.kit.middleware.etags import EntityTags, describe_etags
from mergehub.kit.middleware.json_bodies import JsonBodies
from mergehub.kit.middleware.literal_paths import LiteralPaths, literal_paths
from mergehub.kit.middleware.nul import NoNul
from mergehub.kit.middleware.request_id import RequestId
from mergehub.kit.middleware.request_metrics import RequestMetrics
from mergehub.kit.middleware.throttle import Throttle
from mergehub.kit.middleware.time_limits import TimeLimit
from mergehub.kit.openapi.answers import common_answers, plain_outputs
from mergehub.kit.openapi.document import amend, keep_nulls, whole_bounds
from mergehub.kit.openapi.inputs import describe_inputs
from mergehub.kit.settings.service import ServiceSettings


def add_middleware(
    app: Api,
    settings: ServiceSettings,
    metrics: CollectorRegistry,
    bodies: Mapping[str, int],
    routers: Iterable[APIRouter] = (),
) -> None:
    """Add the layers to `app`, the innermost first; `bodies` are the exceptions of BodyLimit."""
    app.add_middleware(LiteralPaths, paths=literal_paths(routers))
    app.add_middleware(EntityTags)
    app.add_middleware(LateHeaders)
    app.add_middleware(JsonBodies)
    app.add_middleware(BodyLimit, exceptions=bodies)
    app.add_middleware(PlainBodies)
    app.add_middleware(NoNul)
    app.add_middleware(Throttle, settings=settings, metrics=metrics)
    app.add_middleware(AwaitTables)
    app.add_middleware(TimeLimit, seconds=settings.request_seconds)
    app.add_middleware(RequestMetrics, registry=metrics)
    app.add_middleware(RequestId)
    install_problems(app)
    amend(app, describe_etags)
    amend(app, keep_nulls)
    amend(app, whole_bounds)
    amend(app, describe_inputs)
    amend(app, common_answers)
    amend(app, plain_outputs)
