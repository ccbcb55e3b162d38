"""`/v1/accounts/shell`: how `mergehub login` gets a token."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import viewer
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.accounts.errors import NoAccount, QuotaExceeded
from registry.acting import Holder, Registry
from registry.sign_in import shell
from registry.sign_in.endpoints import provider_of
from registry.sign_in.errors import CodeInvalid, SessionNeeded, SignInOff
from registry.sign_in.schemas import ShellCode, ShellToken

router = Router(prefix="/v1/accounts/shell", tags=["accounts"])

HTML = {"text/html": {"schema": {"type": "string"}}}
ASKED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The page that asks the person", "content": HTML},
    303: {"description": "Redirect to the sign-in, which returns here"},
}
AGREED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The page that shows the code", "content": HTML},
    303: {"description": "Redirect to the shell, with the code"},
}

Challenge = Annotated[
    str, Query(pattern="^[0-9a-f]{64}$", description="The SHA-256 of the shell's secret, in hex.")
]
Port = Annotated[
    int | None,
    Query(ge=1, lt=2**16, description="The shell's port on the machine of the browser."),
]
Host = Annotated[str, Query(max_length=100, description="The name of the shell's machine.")]


@router.get(
    "",
    summary="Ask a person to allow a shell",
    response_class=Response,
    responses=ASKED | problem_responses(SignInOff, Unauthenticated),
)
async def ask_for_shell(
    request: Request, challenge: Challenge, port: Port = None, host: Host = "?"
) -> Response:
    """Ask a person in a browser to allow a shell. The person signs in first if necessary."""
    provider_of(request)
    asked = await viewer(request)
    if asked is None or asked.account is None:
        back = urlencode({"return_to": f"{request.url.path}?{request.url.query}"})
        return RedirectResponse(f"/v1/accounts/sign-in?{back}", 303)
    # Browsers apply the page's referrer policy to the `Origin` that its forms send.
    to_shell = f" http://127.0.0.1:{port}" if port else ""
    policy = f"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'{to_shell}; "
    headers = {
        "Content-Security-Policy": f"{policy}base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(shell.question(host, asked.account), headers=headers)


@router.post(
    "",
    summary="Allow a shell",
    response_class=Response,
    responses=AGREED | problem_responses(Unauthenticated, SessionNeeded, NoAccount),
)
async def let_shell_in(
    session: Session, holder: Holder, challenge: Challenge, port: Port = None, host: Host = "?"
) -> Response:
    """Allow the shell. The browser takes a one-time code to it, or shows the code.

    The form of the page is sent to the page's own URL, so it takes the same parameters.
    """
    code = await shell.give_code(session, holder, challenge)
    if port is not None:
        return RedirectResponse(f"http://127.0.0.1:{port}/?code={code}", 303)
    return HTMLResponse(shell.code_page(code), headers={"Cache-Control": "no-store"})


@router.post(
    "/token",
    summary="Exchange a one-time code for a shell's token",
    responses=problem_responses(CodeInvalid, QuotaExceeded),
)
async def redeem_shell_code(
    body: ShellCode, session: Session, registry: Registry, response: Response
) -> ShellToken:
    """Exchange a code and the challenge's secret for the shell's token; this works once."""
    response.headers["Cache-Control"] = "no-store"
    return await shell.give_shell_token(session, registry, body.code, body.verifier)
