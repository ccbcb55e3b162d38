"""The members of organisations, and their roles."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.entity_tags import etag_of
from mergehub.kit.identity.tokens import Principal
from registry.accounts.access import OWNERS, Role, check_may
from registry.accounts.counts import ORGANISATIONS
from registry.accounts.errors import AccountNotFound, LastOwner, MemberInvalid
from registry.accounts.models import AccountRow, MemberRow
from registry.accounts.quotas import check_quota
from registry.accounts.schemas import Member, MemberList
from registry.accounts.service import check_member, row_of
from registry.actor import Actor
from registry.audit.service import audit

Check = Callable[[str], None]


async def members(session: AsyncSession, viewer: Principal, organisation: str) -> MemberList:
    """The members of an organisation, for those who belong to it. Raises AccountNotFound."""
    await check_member(session, viewer, organisation)
    return await _list(session, organisation)


async def put(
    session: AsyncSession,
    actor: Actor,
    organisation: str,
    person: str,
    role: Role,
    check: Check,
) -> MemberList:
    """Make a person a member, or give a member another role.

    Raises AccountNotFound, NotYours, MemberInvalid, LastOwner, QuotaExceeded, and what `check`
    raises.
    """
    await _lock(session, actor, organisation, check)
    await check_may(session, actor.who, organisation, OWNERS)
    await _check_person(session, person)
    row = await session.get(MemberRow, (organisation, person))
    if role == "owner" and (row is None or row.role != "owner"):
        await check_quota(session, actor, person, ORGANISATIONS)
    if row is None:
        row = MemberRow(organisation=organisation, person=person)
        session.add(row)
    elif row.role == "owner" and role != "owner":
        await _check_not_last(session, organisation)
    row.role = role
    await session.flush()
    await audit(session, actor, "member.set", f"accounts/{organisation}/members/{person}/{role}")
    return await _list(session, organisation)


async def remove(
    session: AsyncSession, actor: Actor, organisation: str, person: str, check: Check
) -> None:
    """Remove a member; each member may leave.

    Raises AccountNotFound, NotYours, LastOwner, and what `check` raises.
    """
    await _lock(session, actor, organisation, check)
    if actor.who.account != person:
        await check_may(session, actor.who, organisation, OWNERS)
    row = await session.get(MemberRow, (organisation, person))
    if row is None:
        raise AccountNotFound(f"{organisation} has no member {person}.")
    if row.role == "owner":
        await _check_not_last(session, organisation)
    await session.delete(row)
    await audit(session, actor, "member.removed", f"accounts/{organisation}/members/{person}")


async def _lock(session: AsyncSession, actor: Actor, organisation: str, check: Check) -> None:
    """Let no other transaction change the members until this one ends."""
    row = await row_of(session, organisation, lock=True)
    await check_member(session, actor.who, organisation)
    if row.kind != "organisation":
        raise MemberInvalid(f"{organisation} is a person; only organisations have members.")
    check(etag_of(await _list(session, organisation)))


async def _list(session: AsyncSession, organisation: str) -> MemberList:
    query = select(MemberRow).where(MemberRow.organisation == organisation)
    rows = await session.scalars(query.order_by(MemberRow.person))
    return MemberList(items=[Member.model_validate(row) for row in rows])


async def _check_person(session: AsyncSession, handle: str) -> None:
    query = select(AccountRow.kind).where(AccountRow.handle == handle)
    if await session.scalar(query) != "person":
        raise MemberInvalid(f"There is no person {handle}.")


async def _check_not_last(session: AsyncSession, organisation: str) -> None:
    owners = MemberRow.organisation == organisation, MemberRow.role == "owner"
    if await session.scalar(select(func.count()).where(*owners)) == 1:
        raise LastOwner(f"{organisation} would have no owner.")
