"""What happens to every request of a service on its way to a route, in one place and one order."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry

from mergehub.kit.api import Api
from mergehub.kit.deprecation import LateHeaders
from mergehub.kit.etags import EntityTags, describe_etags
from mergehub.kit.json_depth import JsonDepth
from mergehub.kit.openapi import amend, keep_nulls
from mergehub.kit.problem_handlers import install_problems
from mergehub.kit.request_id import RequestId
from mergehub.kit.requests import BodyLimit, PlainBodies
from mergehub.kit.settings import ServiceSettings
from mergehub.kit.telemetry import RequestMetrics
from mergehub.kit.throttle import Throttle
from mergehub.kit.time_limits import TimeLimit


def add_manners(
    app: Api, settings: ServiceSettings, metrics: CollectorRegistry, bodies: Mapping[str, int]
) -> None:
    """Give `app` its layers, the innermost first; `bodies` are the exceptions of BodyLimit."""
    app.add_middleware(EntityTags)
    app.add_middleware(LateHeaders)
    app.add_middleware(JsonDepth)
    app.add_middleware(BodyLimit, exceptions=bodies)
    app.add_middleware(PlainBodies)
    app.add_middleware(TimeLimit, seconds=settings.request_seconds)
    app.add_middleware(Throttle, settings=settings, metrics=metrics)
    app.add_middleware(RequestMetrics, registry=metrics)
    app.add_middleware(RequestId)
    install_problems(app)
    amend(app, describe_etags)
    amend(app, keep_nulls)
