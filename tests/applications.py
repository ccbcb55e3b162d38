"""The applications of the services as they are set up by default, made once for all tests."""

from __future__ import annotations

import importlib
from functools import cache

from fastapi import FastAPI

from mergehub.contracts.services import SERVICES
from mergehub.kit.openapi.document import Document
from mergehub.kit.settings.service import ServiceSettings


def make_application(name: str, settings: ServiceSettings | None = None) -> FastAPI:
    """A new application of the service `name`."""
    (factory,) = [service.factory for service in SERVICES if service.name == name]
    module, _, function = factory.partition(":")
    app: FastAPI = getattr(importlib.import_module(module), function)(settings)
    return app


@cache
def application(name: str) -> FastAPI:
    """The application of the service `name` that counts no requests, since no Redis runs."""
    return make_application(name, ServiceSettings(rate_reads=0, rate_writes=0))


@cache
def documents() -> dict[str, Document]:
    """The OpenAPI document of each service by the service's name."""
    return {service.name: application(service.name).openapi() for service in SERVICES}
