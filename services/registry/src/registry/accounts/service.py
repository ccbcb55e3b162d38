"""Reading and changing accounts, and creating organisations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import now
from mergehub.kit.database.notify import notify
from mergehub.kit.entity_tags import etag_of
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.problem import Forbidden
from registry.accounts.access import OWNERS, WRITERS, NotYours, check_may, role_in
from registry.accounts.counts import ORGANISATIONS
from registry.accounts.errors import (
    AccountNotFound,
    CannotDisable,
    HandleTaken,
    NoAccount,
    OwnerInvalid,
)
from registry.accounts.models import LOCAL, AccountRow, MemberRow
from registry.accounts.quotas import check_quota
from registry.accounts.schemas import Account, AccountUpdate, Me, Membership, OrganisationCreate
from registry.actor import Actor
from registry.audit.service import audit
from registry.products import repository as products

CHANNEL = "mergehub_accounts"
"""The channel that announces a commit that disables or enables an account."""

RESERVED = frozenset(
    {"admin", "audit", "callback", "hub", "me", "mergehub", "registry", "settings"}
    | {"shell", "sign-in", "sign-out"}
)

MOST_NAMED = 20
"""The number of organisations that a refusal names at most."""


async def find(session: AsyncSession, handle: str) -> Account:
    """An account by its handle. Raises AccountNotFound."""
    return Account.model_validate(await row_of(session, handle))


async def me(session: AsyncSession, holder: Principal) -> Me:
    """The account that a token belongs to. Raises NoAccount."""
    handle = own(holder)
    query = select(MemberRow).where(MemberRow.person == handle).order_by(MemberRow.organisation)
    return Me(
        account=await find(session, handle),
        scopes=sorted(holder.scopes),
        expires_at=holder.expires_at,
        organisations=[Membership.model_validate(row) for row in await session.scalars(query)],
    )


async def create_organisation(
    session: AsyncSession, founder: Actor, wanted: OrganisationCreate
) -> Account:
    """Create an organisation, whose owner is `founder`.

    Raises NoAccount, HandleTaken and QuotaExceeded.
    """
    person = own(founder.who)
    await check_quota(session, founder, person, ORGANISATIONS)
    name = wanted.display_name or wanted.handle
    row = await add(session, handle=wanted.handle, kind="organisation", display_name=name)
    if row is None:
        raise HandleTaken(
            f"{wanted.handle!r} is taken: an account has this handle, models are named "
            f"`{wanted.handle}/…`, or the hub reserves it."
        )
    session.add(MemberRow(organisation=row.handle, person=person, role="owner"))
    await audit(session, founder, "organisation.created", f"accounts/{row.handle}")
    return Account.model_validate(row)


async def update(
    session: AsyncSession,
    actor: Actor,
    handle: str,
    wanted: AccountUpdate,
    check: Callable[[str], None],
) -> Account:
    """Change an account. `check` gets the tag of the locked state.

    Raises AccountNotFound, NotYours, Forbidden, CannotDisable, and what `check` raises.
    """
    row = await row_of(session, handle, lock=True)
    await check_may(session, actor.who, handle, OWNERS)
    check(etag_of(Account.model_validate(row)))
    if wanted.display_name is not None:
        row.display_name = wanted.display_name
    if wanted.disabled is not None:
        await _disable(session, actor.who, row, wanted.disabled)
    await session.flush()
    await audit(session, actor, "account.changed", f"accounts/{handle}")
    return Account.model_validate(row)


async def _disable(session: AsyncSession, who: Principal, row: AccountRow, disabled: bool) -> None:
    """Make every token of an account invalid, or valid again."""
    if not who.may("admin"):
        raise Forbidden("Only a token of scope admin can disable accounts.")
    if row.kind != "person" or row.handle == LOCAL:
        raise CannotDisable(f"{row.handle} is an organisation or the hub's operator.")
    row.disabled_at = await now(session) if disabled else None
    await notify(session, CHANNEL)


async def writable(session: AsyncSession, writer: Principal, wanted: str | None) -> str:
    """The account that a new object of `writer` will belong to: `wanted`, or the writer's own.

    Raises NoAccount, NotYours and OwnerInvalid.
    """
    if wanted is None or wanted == writer.account:
        return own(writer)
    found = await session.scalar(select(AccountRow.id).where(AccountRow.handle == wanted))
    none = None if found else f"There is no account {wanted}."
    try:
        await check_may(session, writer, wanted)
    except NotYours as error:
        raise NotYours(f"{none or error.detail}{await _whose(session, writer)}") from None
    if none:
        raise OwnerInvalid(f"{none}{await _whose(session, writer)}")
    return wanted


async def _whose(session: AsyncSession, writer: Principal) -> str:
    """A sentence that names the accounts that `writer` writes for; empty if it has no account."""
    if writer.account is None:
        return ""
    query = select(MemberRow.organisation).where(
        MemberRow.person == writer.account, MemberRow.role.in_(WRITERS)
    )
    found = list(await session.scalars(query.order_by(MemberRow.organisation).limit(MOST_NAMED)))
    also = f"; you also write for {', '.join(found)}" if found else ""
    return f" Your account is {writer.account}{also}."


async def check_member(session: AsyncSession, holder: Principal, handle: str) -> None:
    """Raise AccountNotFound unless `holder` belongs to the account."""
    await row_of(session, handle)
    if holder.may("admin") or await role_in(session, holder.account, handle):
        return
    raise AccountNotFound(f"Only members of {handle} may see this.")


async def row_of(session: AsyncSession, handle: str, *, lock: bool = False) -> AccountRow:
    """The row of an account, locked if `lock`. Raises AccountNotFound."""
    query = select(AccountRow).where(AccountRow.handle == handle)
    row = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if row is None:
        raise AccountNotFound(f"There is no account {handle}.")
    return row


async def add(session: AsyncSession, **columns: Any) -> AccountRow | None:
    """A new account; None if the handle is taken, or if models of others have it as namespace.

    Administrators may have named models `handle/…` before the account existed.
    """
    if columns["handle"] in RESERVED or await products.any_in(session, columns["handle"]):
        return None
    added = insert(AccountRow).values(**columns).on_conflict_do_nothing(index_elements=["handle"])
    return await session.scalar(added.returning(AccountRow))


def own(holder: Principal) -> str:
    """The account that a token belongs to. Raises NoAccount."""
    if holder.account is None:
        raise NoAccount(f"The token of {holder.name} belongs to no account.")
    return holder.account
