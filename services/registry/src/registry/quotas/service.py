"""Keeping accounts within their quotas, and telling how much of them is used."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.settings.sign_in import QuotaName
from registry.accounts.models import LOCAL, AccountRow
from registry.audit.service import audit
from registry.quotas.counts import COUNTED
from registry.quotas.models import QuotaRow
from registry.quotas.schemas import Quota, QuotaList


async def check_quota(session: AsyncSession, account: str | None, name: QuotaName) -> None:
    """Raise QuotaExceeded or RunQuotaExceeded unless `account` may have one more.

    Nobody else adds to the account until the transaction ends, so two at once cannot both be the
    last. The hub's own programs have no account and no quota.
    """
    if account is None or (limit := await _limit(session, account, name)) is None:
        return
    mine = select(AccountRow.id).where(AccountRow.handle == account)
    await session.execute(mine.with_for_update(key_share=True))
    query, what, problem = COUNTED[name]
    used = await session.scalar(query(account)) or 0
    if used >= limit:
        raise problem(
            f"The quota {name} of {account} is {limit} {what}, and {used} are there. An "
            "administrator may set another."
        )


async def quotas(session: AsyncSession, account: str) -> QuotaList:
    """Every quota of an account: how much may be, and how much is."""
    items = []
    for name, counted in COUNTED.items():
        used = await session.scalar(counted.query(account)) or 0
        limit = await _limit(session, account, name)
        items.append(Quota(name=name, limit=limit, used=used, counts=counted.what))
    return QuotaList(items=items)


async def set_quota(
    session: AsyncSession, account: str, name: QuotaName, limit: int | None
) -> None:
    """Give an account a limit of its own; None lets it have any number."""
    row = insert(QuotaRow).values(account=account, name=name, at_most=limit)
    keys = ["account", "name"]
    await session.execute(row.on_conflict_do_update(index_elements=keys, set_={"at_most": limit}))
    await audit(session, "quota.set", f"accounts/{account}/quotas/{name}")


async def reset_quota(session: AsyncSession, account: str, name: QuotaName) -> None:
    """Let an account have what all have."""
    mine = QuotaRow.account == account, QuotaRow.name == name
    await session.execute(delete(QuotaRow).where(*mine))
    await audit(session, "quota.reset", f"accounts/{account}/quotas/{name}")


async def _limit(session: AsyncSession, account: str, name: QuotaName) -> int | None:
    """The limit that was set for the account, else that of the settings.

    Whoever runs the hub has none; neither has what the registry does by itself.
    """
    row = await session.get(QuotaRow, (account, name))
    if row is not None:
        return row.at_most
    if account == LOCAL or "request" not in session.info:
        return None
    settings: ServiceSettings = session.info["request"].app.state.resources.settings
    return settings.quota(name)
