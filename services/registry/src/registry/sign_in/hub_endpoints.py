"""`/v1/accounts/hub`: what a visitor may know before signing in."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from mergehub import __version__
from mergehub.kit.background.resources import Resources
from mergehub.kit.http.routes import Router
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.sign_in.schemas import Hub

router = Router(prefix="/v1/accounts/hub", tags=["accounts"])

OR_NONE: dict[str, Any] = {"security": [{}]}  # added to the requirement of a token


@router.get(
    "",
    summary="Get the hub's name and how to sign in",
    responses=problem_responses(Unauthenticated),
    openapi_extra=OR_NONE,
)
async def get_hub(request: Request, asking: Viewing) -> Hub:
    """The hub's name, whether people sign in or need a token to read, and who you are."""
    resources: Resources = request.app.state.resources
    settings = resources.settings
    return Hub(
        name=settings.hub_name,
        version=__version__,
        sign_in=settings.oidc_issuer is not None,
        reading="token" if settings.require_token else "public",
        account=(asking.account or asking.name) if asking else None,
    )
