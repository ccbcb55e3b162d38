"""The documentation that every service serves at `/docs`: operations, guides, events."""

from __future__ import annotations

from fastapi import APIRouter

from mergehub.kit.docs.guides import guide_routes
from mergehub.kit.docs.problem_pages import problem_routes
from mergehub.kit.docs.viewer import Documents, viewer_routes

__all__ = ["docs_routes"]


def docs_routes(documents: Documents) -> APIRouter:
    """The routes under `/docs`; `documents` gives the OpenAPI document of each local service."""
    router = APIRouter(include_in_schema=False)
    router.include_router(viewer_routes(documents))
    router.include_router(problem_routes())
    router.include_router(guide_routes())
    return router
