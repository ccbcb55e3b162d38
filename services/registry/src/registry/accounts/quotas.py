"""Checking and reporting quotas.

Each noun declares what is counted: its `Count`s are in a file `counts.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.constant import Constant
from mergehub.kit.problems.problem import Problem
from mergehub.kit.settings.sign_in import QuotaName
from registry.accounts.errors import QuotaExceeded
from registry.accounts.models import LOCAL, QuotaRow
from registry.accounts.schemas import Quota, QuotaList
from registry.actor import Actor, Limit
from registry.audit.service import audit

_LOCKED = Constant("""
SELECT own.account IS NOT NULL AS has_own, own.at_most, locked.id
FROM (SELECT CAST(:account AS text) AS handle) AS asked
LEFT JOIN quotas AS own ON own.account = asked.handle AND own.name = :name
LEFT JOIN LATERAL (
  SELECT id FROM accounts WHERE handle = asked.handle
  AND CASE WHEN own.account IS NULL THEN :limited ELSE own.at_most IS NOT NULL END
  FOR NO KEY UPDATE
) AS locked ON true
""")
_OWN = Constant("SELECT at_most FROM quotas WHERE account = :account AND name = :name")


@dataclass(frozen=True)
class Count:
    """The count behind a quota: `of` is the query for how many of `what` an account has.

    `problem` is raised if the account has reached its quota.
    """

    name: QuotaName
    what: str
    of: Callable[[str], Select[int]]
    problem: type[Problem] = QuotaExceeded


def number(*conditions: Any) -> Select[int]:
    """Return the query for how many rows meet all conditions."""
    return select(func.count()).where(*conditions)


async def check_quota(
    session: AsyncSession, actor: Actor, account: str | None, count: Count
) -> None:
    """Raise the problem of `count` unless `actor` may give `account` one more.

    No other transaction adds to the account until this one ends, so two requests cannot both take
    the last place. The hub's own programs have no account and no quota.
    """
    if await left(session, actor, account, count) == 0 and account is not None:
        raise await exceeded(session, actor, account, count)


async def left(
    session: AsyncSession, actor: Actor, account: str | None, count: Count
) -> int | None:
    """How many more `actor` may give `account`; None means any number.

    No other transaction adds to the account until this one ends.
    """
    if account is None:
        return None
    limit = await _locked_limit(session, actor, account, count.name)
    if limit is None:
        return None
    used = await session.scalar(count.of(account)) or 0
    return max(0, limit - used)


def default_limit(actor: Actor, account: str, count: Count) -> int | None:
    """The limit of an account that has no quota of its own; the operator's account has none."""
    return _default(actor.limit, account, count.name)


async def exceeded(session: AsyncSession, actor: Actor, account: str, count: Count) -> Problem:
    """The problem of an account that has reached its quota."""
    limit = await _limit(session, actor.limit, account, count.name)
    used = await session.scalar(count.of(account)) or 0
    return count.problem(
        f"{account} has {used} {count.what}, and its quota {count.name} is {limit}. "
        "An administrator can set another quota."
    )


async def quotas(
    session: AsyncSession, limit: Limit, counts: Sequence[Count], account: str
) -> QuotaList:
    """Every quota of an account: the limit, and how much is used."""
    items = []
    for count in counts:
        used = await session.scalar(count.of(account)) or 0
        most = await _limit(session, limit, account, count.name)
        items.append(Quota(name=count.name, limit=most, used=used, counts=count.what))
    return QuotaList(items=items)


async def set_quota(
    session: AsyncSession, actor: Actor, account: str, name: QuotaName, limit: int | None
) -> None:
    """Set a quota of one account; None means no limit."""
    row = insert(QuotaRow).values(account=account, name=name, at_most=limit)
    keys = ["account", "name"]
    await session.execute(row.on_conflict_do_update(index_elements=keys, set_={"at_most": limit}))
    await audit(session, actor, "quota.set", f"accounts/{account}/quotas/{name}")


async def reset_quota(session: AsyncSession, actor: Actor, account: str, name: QuotaName) -> None:
    """Give an account the default quota again."""
    mine = QuotaRow.account == account, QuotaRow.name == name
    await session.execute(delete(QuotaRow).where(*mine))
    await audit(session, actor, "quota.reset", f"accounts/{account}/quotas/{name}")


async def _locked_limit(
    session: AsyncSession, actor: Actor, account: str, name: QuotaName
) -> int | None:
    """The limit of an account, which is locked if it has one, in one round trip."""
    default = _default(actor.limit, account, name)
    values = {"account": account, "name": name, "limited": default is not None}
    row = (await _LOCKED(session, values)).one()
    own: int | None = row.at_most
    return own if row.has_own else default


async def _limit(session: AsyncSession, limit: Limit, account: str, name: QuotaName) -> int | None:
    """The limit set for the account, else the default one."""
    row = (await _OWN(session, {"account": account, "name": name})).first()
    if row is not None:
        own: int | None = row.at_most
        return own
    return _default(limit, account, name)


def _default(limit: Limit, account: str, name: QuotaName) -> int | None:
    return None if account == LOCAL else limit(name)
