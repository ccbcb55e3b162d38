"""The dependencies that say who acts in a request."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request

from mergehub.kit.identity.auth import Credentials, authenticated, requires
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.settings.service import ServiceSettings
from registry.actor import SYSTEM, Actor


def actor_of(request: Request, who: Principal) -> Actor:
    """Return `who` as the actor of a request, within the limits of the settings."""
    settings: ServiceSettings = request.app.state.resources.settings
    return Actor(who, request.state.request_id, settings.quota)


def acting(scope: str | None = None) -> Callable[..., Coroutine[Any, Any, Actor]]:
    """Return a dependency that names the actor; a token without `scope` gets 401 or 403."""
    holder = requires(scope) if scope else authenticated

    async def act(request: Request, credentials: Credentials) -> Actor:
        return actor_of(request, await holder(request, credentials))

    return act


async def _registry(request: Request) -> Actor:
    return actor_of(request, SYSTEM.who)


Holder = Annotated[Actor, Depends(acting())]
"""The holder of any valid token."""

Registry = Annotated[Actor, Depends(_registry)]
"""The registry itself: for requests that prove by other means than a token what they may do."""
