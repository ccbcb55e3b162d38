"""The applications of the services as they are set up by default, and their documents."""

from __future__ import annotations

import importlib
import json
from functools import cache
from pathlib import Path

from fastapi import FastAPI

from mergehub.contracts.services import SERVICES
from mergehub.kit.openapi.document import Document
from mergehub.kit.settings.service import ServiceSettings

CLIENTS = Path(__file__).parents[1] / "clients" / "openapi"


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
    """The OpenAPI document of each service by the service's name, as the clients' folder has it.

    To make them takes seconds; `test_hub_documents` compares the files with the services.
    """
    return {each.name: json.loads((CLIENTS / f"{each.name}.json").read_text()) for each in SERVICES}
