"""Token introspection (RFC 7662): services without a token table ask the registry."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Protocol
from uuid import UUID

import httpx
import structlog
from fastapi import FastAPI
from pydantic import BaseModel, ValidationError

from mergehub.kit.identity.token_cache import CachingAuthenticator
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.problem import Unavailable

log = structlog.get_logger()

PATH = "/v1/tokens/introspect"


class Client(Protocol):
    """The connection of a service to the rest of the hub."""

    @property
    def hub(self) -> httpx.AsyncClient:
        """Sends the service's own token with each request."""


class Introspection(BaseModel):
    """The members of an RFC 7662 answer that we use, and our own `account`."""

    active: bool
    scope: str = ""
    client_id: str = ""
    account: str | None = None
    sub: UUID | None = None
    exp: int | None = None


class IntrospectingAuthenticator:
    """Asks the registry. Without its answer the request is refused with 503."""

    def __init__(self, hub: httpx.AsyncClient) -> None:
        """`hub` sends this service's own token with each request."""
        self._hub = hub

    async def principal(self, token: str) -> Principal | None:
        """The holder of `token`, or None if it is not known. Raises Unavailable."""
        try:
            answer = await self._hub.post(PATH, data={"token": token})
            answer.raise_for_status()
            told = Introspection.model_validate_json(answer.content)
        except httpx.HTTPStatusError as error:
            raise _refused(error.response) from error
        except (httpx.HTTPError, ValidationError) as error:
            log.warning("introspection.failed", error=type(error).__name__)
            raise Unavailable(
                "The registry does not answer, so the token cannot be checked."
            ) from (error)
        return _principal(told) if told.active else None


async def ask_registry(app: FastAPI, resources: Client) -> None:
    """Make `requires(scope)` ask the registry; the `start` of a service without a token table."""
    app.state.authenticator = CachingAuthenticator(IntrospectingAuthenticator(resources.hub))


def _principal(told: Introspection) -> Principal:
    expires_at = None if told.exp is None else datetime.fromtimestamp(told.exp, UTC)
    scopes = frozenset(told.scope.split())
    return Principal(told.client_id, scopes, told.sub, expires_at, told.account)


def _refused(answer: httpx.Response) -> Unavailable:
    log.error("introspection.refused", status=answer.status_code)
    if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Unavailable(
            "This service may not ask the registry about tokens: its MERGEHUB_SERVICE_TOKEN is "
            "missing, or not the registry's."
        )
    return Unavailable(f"The registry answers {answer.status_code} when asked about a token.")
