"""Letting a shell in: somebody in a browser agrees, and the shell gets a token for a code.

The shell shows only the SHA-256 of a secret of its own, so whoever sees the address, or the code on
its way through the browser, has no use of either (as with PKCE, RFC 7636).
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
<html lang="en"><meta charset="utf-8"><title>Mergehub: let a shell in</title>
<body style="font-family: sans-serif; max-width: 40em; margin: 4em auto">{body}</body></html>"""
QUESTION = """<h1>Let a shell in?</h1>
<p>A shell on <b>{host}</b> wants to work as <b>{account}</b>, for thirty days.
Agree only if you have just run <code>mergehub login</code> there.</p>
<form method="post"><button>Let it in</button></form>"""
CODE = """<h1>Almost there</h1>
<p>Paste this into the shell that is waiting for it, and nowhere else:</p>
<pre>{code}</pre>"""


def question(host: str, account: str) -> str:
    """The page that asks whether a shell may come in."""
    return PAGE.format(body=QUESTION.format(host=escape(host), account=escape(account)))


def code_page(code: str) -> str:
    """The page that shows the code to a person, where the shell is on another machine."""
    return PAGE.format(body=CODE.format(code=escape(code)))


async def give_code(session: AsyncSession, actor: Actor, challenge: str) -> str:
    """A one-time code for the shell that knows the secret behind `challenge`.

    Raises SessionNeeded where `actor` holds a token: it cannot make what lasts longer than itself.
    """
    holder = actor.who
    if not holder.session:
        raise SessionNeeded("Sign in with a browser; a token makes others at `/v1/tokens`.")
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
    """The token for a code, once. Raises CodeInvalid and QuotaExceeded."""
    mine = SignInRow.code == _hashed(code), SignInRow.challenge == _hashed(verifier)
    valid = SignInRow.created_at >= func.now() - CODE_LASTS
    found = await session.execute(delete(SignInRow).where(*mine, valid).returning(SignInRow))
    row = found.scalar_one_or_none()
    if row is None:
        raise CodeInvalid("No shell is let in with this code.")
    await check_quota(session, actor, row.account, TOKENS)
    made, token = await give_token(session, row.account, row.scopes, TOKEN_LASTS, "shell")
    await audit(session, actor, "token.created", f"tokens/{made.id}")
    assert made.expires_at is not None
    return ShellToken(account=row.account, token=token, expires_at=made.expires_at)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
