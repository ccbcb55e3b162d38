"""The dependencies that require a bearer token, or look whose it is."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mergehub.kit.identity.browsers import Presented, Sessions, presented
from mergehub.kit.identity.scopes import SCOPES
from mergehub.kit.identity.tokens import Authenticator, Principal, Viewer
from mergehub.kit.problems.problem import Forbidden, Unauthenticated

bearer = HTTPBearer(auto_error=False, description="A token: `Authorization: Bearer mgh_…`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def authenticated(request: Request, credentials: Credentials) -> Principal:
    """A dependency that returns the holder of any valid token, or answers 401."""
    return await _holder(request, "a token", "Bearer")


class _Viewing(HTTPBearer):
    """A dependency that returns the caller: None without a token; an invalid token answers 401.

    A cookie that is no longer valid counts as none, since pages cannot leave it out. The class is
    itself a security scheme, documented like `bearer`: a second dependency for the documentation
    would cost each request as much as this one.
    """

    async def __call__(self, request: Request) -> Viewer:  # type: ignore[override]
        sent = presented(request.scope)
        if sent is None:
            return None
        principal = await _known(request, sent)
        if principal is None and sent.by_cookie:
            return None
        return _accepted(request, sent, principal)


viewer = _Viewing(scheme_name=bearer.scheme_name, description=bearer.model.description)
Viewing = Annotated[Viewer, Depends(viewer)]


def requires(scope: str) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A dependency that returns the principal, or answers 401, or 403 if it lacks `scope`."""
    if scope not in SCOPES:
        raise ValueError(f"{scope!r} is not a scope; the scopes are {sorted(SCOPES)}")

    async def check(request: Request, credentials: Credentials) -> Principal:
        principal = await _holder(
            request, f"a token with the scope {scope}", f'Bearer scope="{scope}"'
        )
        if not principal.may(scope):
            raise Forbidden(
                f"The token of {principal.name} lacks the scope {scope}; "
                f"it has {', '.join(sorted(principal.scopes)) or 'none'}."
            )
        return principal

    return check


def own_token(request: Request) -> str:
    """The token that an authenticated request carries."""
    sent = presented(request.scope)
    assert sent is not None
    return sent.token


async def _holder(request: Request, what: str, challenge: str) -> Principal:
    """The principal that sent the request."""
    sent = presented(request.scope)
    if sent is None:
        raise Unauthenticated(
            f"This operation needs {what}: send `Authorization: Bearer <token>`.",
            headers={"WWW-Authenticate": challenge},
        )
    return _accepted(request, sent, await _known(request, sent))


def _accepted(request: Request, sent: Presented, principal: Principal | None) -> Principal:
    if principal is None:
        raise Unauthenticated(
            "The token is unknown, or no longer valid.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    if sent.by_cookie:
        sessions: Sessions = request.app.state.sessions
        sessions.check_own(request)
    return principal


async def _known(request: Request, sent: Presented) -> Principal | None:
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.principal(sent.token)
