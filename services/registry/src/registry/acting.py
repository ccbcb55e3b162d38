"""The dependencies that say who acts in a request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from mergehub.kit.identity.auth import authenticated, bearer, requires
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.settings.service import ServiceSettings
from registry.actor import SYSTEM, Actor


def actor_of(request: Request, who: Principal) -> Actor:
    """Return `who` as the actor of a request, within the limits of the settings."""
    settings: ServiceSettings = request.app.state.resources.settings
    return Actor(who, request.state.request_id, settings.quota)


class _Acting(HTTPBearer):
    """A dependency that names the actor.

    The class is itself a security scheme, documented like `bearer`: a second dependency for the
    documentation would cost each request as much as this one.
    """

    def __init__(self, scope: str | None) -> None:
        super().__init__(scheme_name=bearer.scheme_name, description=bearer.model.description)
        self._holder = requires(scope) if scope else authenticated

    async def __call__(self, request: Request) -> Actor:  # type: ignore[override]
        return actor_of(request, await self._holder(request, None))


def acting(scope: str | None = None) -> _Acting:
    """Return a dependency that names the actor; a token without `scope` gets 401 or 403."""
    return _Acting(scope)


async def _registry(request: Request) -> Actor:
    return actor_of(request, SYSTEM.who)


Holder = Annotated[Actor, Depends(acting())]
"""The holder of any valid token."""

Registry = Annotated[Actor, Depends(_registry)]
"""The registry itself: for requests that prove by other means than a token what they may do."""
