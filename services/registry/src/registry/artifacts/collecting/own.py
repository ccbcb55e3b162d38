"""The rules of retention of one account."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.settings.retention import Retention
from registry.actor import Actor
from registry.artifacts.collecting.models import RetentionRow
from registry.artifacts.collecting.schemas import OwnRules
from registry.audit.service import audit


async def rules_of(session: AsyncSession, account: str) -> OwnRules:
    """The rules of an account; without any, those that keep everything."""
    row = await session.get(RetentionRow, account)
    return OwnRules.model_validate(row if row is not None else Retention())


async def set_rules(
    session: AsyncSession, actor: Actor, account: str, rules: Retention
) -> OwnRules:
    """Set the rules of an account."""
    values = rules.model_dump()
    row = insert(RetentionRow).values(account=account, **values)
    await session.execute(row.on_conflict_do_update(index_elements=["account"], set_=values))
    await audit(session, actor, "retention.set", f"accounts/{account}/retention")
    return OwnRules.model_validate(rules)
