"""Who does something. Whatever is written is written for an actor, who is named explicitly."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from mergehub.kit.identity.auth import Credentials, Principal, authenticated, requires
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.settings.sign_in import QuotaName

Limit = Callable[[QuotaName], int | None]
"""How much an account may have unless an administrator set another quota; None: any number."""

ITSELF = "registry"


@dataclass(frozen=True)
class Actor:
    """Somebody at work: who it is, in which request, and within which limits."""

    who: Principal
    request_id: str | None
    limit: Limit


def _unlimited(name: QuotaName) -> None:
    return None


SYSTEM = Actor(Principal(ITSELF, frozenset()), None, _unlimited)
"""The registry itself, as it starts and in its loops: it may have any number."""


def actor_of(request: Request, who: Principal) -> Actor:
    """Returns `who` as the actor of a request, within the limits of the settings."""
    settings: ServiceSettings = request.app.state.resources.settings
    return Actor(who, request.state.request_id, settings.quota)


def acting(scope: str | None = None) -> Callable[..., Coroutine[Any, Any, Actor]]:
    """A dependency that answers who acts, by a token that allows `scope`; else 401 or 403."""
    holder = requires(scope) if scope else authenticated

    async def act(request: Request, credentials: Credentials) -> Actor:
        return actor_of(request, await holder(request, credentials))

    return act


async def _registry(request: Request) -> Actor:
    return actor_of(request, SYSTEM.who)


Holder = Annotated[Actor, Depends(acting())]
"""The holder of any valid token."""

Registry = Annotated[Actor, Depends(_registry)]
"""The registry itself, for a request that proves by other means than a token what it may do."""
