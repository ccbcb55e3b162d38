"""`/v1/accounts/sign-in`, `callback` and `sign-out`: people's sessions, by OpenID Connect."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from mergehub.kit.background.resources import Resources
from mergehub.kit.database.database import after_commit
from mergehub.kit.http.parameters import ANY_PARAMETERS
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.browsers import Sessions
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.acting import Holder, actor_of
from registry.actor import SYSTEM
from registry.audit.service import audit
from registry.sign_in import people
from registry.sign_in.errors import ProviderAway, SignInInvalid, SignInOff, SignInRefused
from registry.sign_in.pending import COOKIE, LOCAL_PATH, SECONDS, Pending
from registry.sign_in.provider import CALLBACK, Claims, Provider
from registry.sign_in.sessions import give_token
from registry.tokens import service as tokens
from registry.tokens.authenticator import principal_of
from registry.tokens.service import TokenOfSettings

router = Router(tags=["accounts"])

TO_PROVIDER: dict[int | str, dict[str, Any]] = {303: {"description": "Redirect to the provider"}}
SIGNED_IN: dict[int | str, dict[str, Any]] = {303: {"description": "Signed in; redirect back"}}
ENDED: dict[int | str, dict[str, Any]] = {204: {"description": "It is no longer valid"}}

ReturnTo = Annotated[
    str, Query(max_length=1000, pattern=LOCAL_PATH, description="A path of this hub to return to.")
]
FromProvider = Annotated[str | None, Query(max_length=4000)]


def provider_of(request: Request) -> Provider:
    """Return this hub's OpenID provider. Raises SignInOff."""
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise SignInOff("This hub has no OpenID provider.")
    return provider


OpenIdProvider = Annotated[Provider, Depends(provider_of)]


@router.get(
    "/v1/accounts/sign-in",
    summary="Start a sign-in in a browser",
    status_code=303,
    response_class=Response,
    responses=TO_PROVIDER | problem_responses(SignInOff, ProviderAway),
)
async def sign_in(
    request: Request, provider: OpenIdProvider, return_to: ReturnTo = "/"
) -> Response:
    """Redirect a browser to the OpenID provider, to sign in."""
    pending = Pending.begin(return_to)
    answer = RedirectResponse(await provider.address(pending), 303)
    _sessions(request).set(answer, _cookie(request), pending.cookie, SECONDS)
    return answer


@router.get(
    CALLBACK,
    summary="Finish a sign-in in a browser",
    status_code=303,
    response_class=Response,
    responses=SIGNED_IN | problem_responses(SignInOff, SignInInvalid, SignInRefused, ProviderAway),
    openapi_extra=ANY_PARAMETERS,  # RFC 6749 §4.1.2: ignore those that providers add
)
async def sign_in_callback(
    request: Request,
    provider: OpenIdProvider,
    state: FromProvider = None,
    code: FromProvider = None,
    error: FromProvider = None,
    iss: FromProvider = None,
) -> Response:
    """Finish a sign-in: set the session's cookie and redirect to where the sign-in began."""
    pending = _begun(request, state)
    if iss is not None and iss != provider.issuer:
        raise SignInInvalid("The response comes from another provider.")
    if error is not None or code is None:
        raise SignInRefused(f"The provider refused the sign-in: {error or 'it sent no code'}.")
    claims = await provider.person(pending, code)
    answer = RedirectResponse(pending.return_to, 303)
    _sessions(request).set(answer, _cookie(request), "", 0)
    await _start_session(request, provider, claims, answer)
    return answer


@router.post(
    "/v1/accounts/sign-out",
    summary="Sign out: end the session or revoke the token",
    status_code=204,
    response_class=Response,
    responses=ENDED | problem_responses(Unauthenticated, TokenOfSettings),
)
async def sign_out(request: Request, session: Session, holder: Holder) -> Response:
    """End the session, or revoke the token, that authenticates this request."""
    assert holder.who.id is not None
    await tokens.revoke(session, holder, holder.who.id)
    after_commit(session, request.app.state.authenticator.forget)
    answer = Response(status_code=204)
    if hasattr(request.app.state, "sessions"):
        _sessions(request).set(answer, _sessions(request).cookie, "", 0)
    return answer


def _begun(request: Request, state: str | None) -> Pending:
    """The sign-in that this browser began and that `state` belongs to. Raises SignInInvalid."""
    pending = Pending.kept(request.cookies.get(_cookie(request), ""))
    if pending is None or state is None or not pending.is_of(state):
        raise SignInInvalid("This browser did not begin this sign-in in the last ten minutes.")
    return pending


async def _start_session(
    request: Request, provider: Provider, claims: Claims, answer: Response
) -> None:
    """Give the browser a session. Raises SignInRefused."""
    resources: Resources = request.app.state.resources
    settings = resources.settings
    people.check_welcome(settings, claims)
    lasting = timedelta(hours=settings.session_hours)
    async with resources.database.transaction() as session:
        registry = actor_of(request, SYSTEM.who)
        account = await people.account_of(session, registry, provider.issuer, claims)
        scopes = people.scopes_of(settings, claims)
        row, token = await give_token(session, account.handle, scopes, lasting, "session")
        person = actor_of(request, principal_of(row))
        await audit(session, person, "session.started", f"tokens/{row.id}")
    _sessions(request).set(answer, _sessions(request).cookie, token, int(lasting.total_seconds()))


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


def _cookie(request: Request) -> str:
    return _sessions(request).named(COOKIE)
