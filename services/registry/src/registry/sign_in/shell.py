"""Signing in a shell: a person allows it in a browser, and the shell gets a token for a code.

The shell shows only the SHA-256 of a secret of its own. An attacker who sees the URL, or the code
on its way through the browser, cannot use either (as with PKCE, RFC 7636).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from html import escape

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from registry.accounts.quotas import check_quota
from registry.accounts.service import own
from registry.actor import Actor
from registry.audit.service import audit
from registry.sign_in.errors import CodeInvalid, SessionNeeded
from registry.sign_in.models import SignInRow
from registry.sign_in.schemas import ShellToken
from registry.sign_in.sessions import give_token
from registry.tokens.counts import TOKENS

CODE_LASTS = timedelta(minutes=5)
TOKEN_LASTS = timedelta(days=30)

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Mergehub: allow a shell</title>
<body style="font-family: sans-serif; max-width: 40em; margin: 4em auto">{body}</body></html>"""
QUESTION = """<h1>Allow this shell?</h1>
<p>A shell on <b>{host}</b> asks to act as <b>{account}</b> for thirty days.
Allow this only if you have just run <code>mergehub login</code> there.</p>
<form method="post"><button>Allow</button></form>"""
CODE = """<h1>One more step</h1>
<p>Paste this code into the shell that waits for it, and nowhere else:</p>
<pre>{code}</pre>"""


def question(host: str, account: str) -> str:
    """Return the page that asks whether to allow a shell."""
    return PAGE.format(body=QUESTION.format(host=escape(host), account=escape(account)))


def code_page(code: str) -> str:
    """Return the page that shows the code, for a shell on another machine."""
    return PAGE.format(body=CODE.format(code=escape(code)))


async def give_code(session: AsyncSession, actor: Actor, challenge: str) -> str:
    """Return a one-time code for the shell that knows the secret of `challenge`.

    Raises SessionNeeded if `actor` holds a token: it cannot make a token that outlives it.
    """
    holder = actor.who
    if not holder.session:
        raise SessionNeeded("Sign in with a browser, or make a token at `/v1/tokens`.")
    code = secrets.token_urlsafe(32)
    session.add(
        SignInRow(
            code=_hashed(code),
            challenge=challenge,
            account=own(holder),
            scopes=sorted(holder.scopes),
        )
    )
    await session.flush()
    await audit(session, actor, "shell.let-in", f"accounts/{own(holder)}")
    return code


async def give_shell_token(
    session: AsyncSession, actor: Actor, code: str, verifier: str
) -> ShellToken:
    """Return the token for a code, once. Raises CodeInvalid and QuotaExceeded."""
    mine = SignInRow.code == _hashed(code), SignInRow.challenge == _hashed(verifier)
    valid = SignInRow.created_at >= func.now() - CODE_LASTS
    found = await session.execute(delete(SignInRow).where(*mine, valid).returning(SignInRow))
    row = found.scalar_one_or_none()
    if row is None:
        raise CodeInvalid("This code was used, has expired, or belongs to another shell.")
    await check_quota(session, actor, row.account, TOKENS)
    made, token = await give_token(session, row.account, row.scopes, TOKEN_LASTS, "shell")
    await audit(session, actor, "token.created", f"tokens/{made.id}")
    assert made.expires_at is not None
    return ShellToken(account=row.account, token=token, expires_at=made.expires_at)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
