"""`/v1/accounts/shell`: how `mergehub login` comes to a token."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from mergehub.kit.database.database import Session
from mergehub.kit.identity.auth import viewer
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.accounts.errors import NoAccount, QuotaExceeded
from registry.acting import Holder, Registry
from registry.sign_in import shell
from registry.sign_in.endpoints import provider_of
from registry.sign_in.errors import CodeInvalid, SessionNeeded, SignInOff
from registry.sign_in.schemas import ShellCode, ShellToken

router = APIRouter(prefix="/v1/accounts/shell", tags=["accounts"])

HTML = {"text/html": {"schema": {"type": "string"}}}
ASKED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The question", "content": HTML},
    303: {"description": "To sign in first, and back"},
}
AGREED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The code, to be pasted", "content": HTML},
    303: {"description": "To the shell, with the code"},
}

Challenge = Annotated[
    str, Query(pattern="^[0-9a-f]{64}$", description="The SHA-256 of the shell's secret, in hex.")
]
Port = Annotated[
    int | None,
    Query(ge=1, lt=2**16, description="Where the shell listens on the browser's machine."),
]
Host = Annotated[str, Query(max_length=100, description="The name of the shell's machine.")]


@router.get(
    "",
    summary="Ask a person to let a shell in",
    response_class=Response,
    responses=ASKED | problem_responses(SignInOff, Unauthenticated),
)
async def ask_for_shell(
    request: Request, challenge: Challenge, port: Port = None, host: Host = "?"
) -> Response:
    """Ask a person in a browser whether a shell may work for it; sign in first where need be."""
    provider_of(request)
    asked = await viewer(request)
    if asked is None or asked.account is None:
        back = urlencode({"return_to": f"{request.url.path}?{request.url.query}"})
        return RedirectResponse(f"/v1/accounts/sign-in?{back}", 303)
    # Forms go by the page's referrer policy when they tell where they come from.
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
    summary="Let a shell in",
    response_class=Response,
    responses=AGREED | problem_responses(Unauthenticated, SessionNeeded, NoAccount),
)
async def let_shell_in(
    session: Session, holder: Holder, challenge: Challenge, port: Port = None, host: Host = "?"
) -> Response:
    """Agree. The browser takes a one-time code to the shell, or shows it.

    The question's form is sent to the question's own address, so it takes the same parameters.
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
    """The shell's token, for the code and the secret behind the challenge; once."""
    response.headers["Cache-Control"] = "no-store"
    return await shell.give_shell_token(session, registry, body.code, body.verifier)
