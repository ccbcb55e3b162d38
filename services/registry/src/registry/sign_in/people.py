"""From a provider's claims to an account, and to the scopes of its sessions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import count
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.settings.service import ServiceSettings
from registry.accounts import service as accounts
from registry.accounts.models import AccountRow, IdentityRow
from registry.accounts.schemas import LONGEST_HANDLE
from registry.actor import Actor
from registry.audit.service import audit
from registry.sign_in.errors import SignInRefused
from registry.sign_in.provider import Claims

NAMES = ("preferred_username", "nickname", "name")


def check_welcome(settings: ServiceSettings, claims: Claims) -> None:
    """Raise SignInRefused unless a person with these claims may sign in."""
    wanted = settings.oidc_groups
    if wanted and not _groups(settings, claims) & set(wanted):
        raise SignInRefused("You are not in a group that may sign in here.")


def scopes_of(settings: ServiceSettings, claims: Claims) -> list[str]:
    """Return the scopes of the sessions of a person with these claims.

    Administrators are identified by subject or group, never by a name, which people may choose.
    """
    admin = claims["sub"] in settings.oidc_admin_subjects
    if admin or _groups(settings, claims) & set(settings.oidc_admin_groups):
        return ["admin"]
    return sorted(settings.session_scopes)


async def account_of(
    session: AsyncSession, actor: Actor, issuer: str, claims: Claims
) -> AccountRow:
    """The account of the person that `issuer` calls `sub`; a new one at the first sign-in.

    Raises SignInRefused if the account is disabled.
    """
    subject = claims["sub"]
    # A person may sign in for the first time in two windows at once.
    key = func.hashtextextended(f"{issuer}\n{subject}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
    known = await session.get(IdentityRow, (issuer, subject))
    if known is None:
        return await _new_account(session, actor, issuer, subject, claims)
    row = await accounts.row_of(session, known.account)
    if row.disabled_at is not None:
        raise SignInRefused(f"The account {row.handle} is disabled.")
    return row


async def _new_account(
    session: AsyncSession, actor: Actor, issuer: str, subject: str, claims: Claims
) -> AccountRow:
    told = next((_text(claims.get(name)) for name in NAMES if _text(claims.get(name))), "")
    display = _text(claims.get("name")) or told
    for handle in handles_for(told):
        name = display[:200] or handle
        row = await accounts.add(session, handle=handle, kind="person", display_name=name)
        if row is not None:
            session.add(IdentityRow(issuer=issuer, subject=subject, account=handle))
            await session.flush()
            await audit(session, actor, "account.created", f"accounts/{handle}")
            return row
    raise AssertionError("unreachable")


def handles_for(name: str) -> Iterator[str]:
    """Handles for a person of this name, the most similar first, without end."""
    plain = unicodedata.normalize("NFKD", name.partition("@")[0]).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower())[: LONGEST_HANDLE - 9].strip("-")
    handle = words or "person"
    yield handle
    yield from (f"{handle}-{number}" for number in count(2))


def _groups(settings: ServiceSettings, claims: Claims) -> set[str]:
    told = claims.get(settings.oidc_groups_claim)
    return set(filter(_text, told if isinstance(told, list) else [told]))


def _text(value: Any) -> str:
    """A claim that is text which PostgreSQL can store, else an empty text."""
    return value.replace("\0", "") if isinstance(value, str) else ""
