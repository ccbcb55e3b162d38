"""Writing down changes in the transaction that makes them, and reading them back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from mergehub.kit.http.pagination import PageRequest
from mergehub.kit.identity.auth import Principal
from registry.audit.actions import Action
from registry.audit.models import AuditRow
from registry.audit.schemas import AuditEntry, AuditPage

ITSELF = "registry"


@dataclass(frozen=True)
class AuditFilter:
    """Which changes are wanted; None wants all, a subject also those to its parts."""

    actor: str | None
    action: str | None
    subject: str | None
    account: str | None = None


async def audit(session: AsyncSession, action: Action, subject: str) -> None:
    """Note that whoever `session` works for did `action` to `subject`.

    `action` reads `noun.verb` in the past tense, `subject` as in events: `runs/<id>`. The note is
    written in the transaction of the change, so neither exists without the other. Without a request
    it is the registry's own doing.
    """
    request: Request | None = session.info.get("request")
    holder: Principal | None = getattr(request.state, "principal", None) if request else None
    await session.execute(
        insert(AuditRow).values(
            actor=holder.name if holder else ITSELF,
            actor_id=holder.id if holder else None,
            account=holder.account if holder else None,
            action=action,
            subject=subject,
            request_id=request.state.request_id if request else None,
        )
    )


async def page(session: AsyncSession, wanted: AuditFilter, asked: PageRequest) -> AuditPage:
    """A page of changes, the newest first."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(asked.rows)
    if wanted.actor is not None:
        query = query.where(AuditRow.actor == wanted.actor)
    if wanted.account is not None:
        query = query.where(AuditRow.account == wanted.account)
    if wanted.action is not None:
        query = query.where(AuditRow.action == wanted.action)
    if wanted.subject is not None:
        part = AuditRow.subject.startswith(f"{wanted.subject}/", autoescape=True)
        query = query.where((AuditRow.subject == wanted.subject) | part)
    if before := asked.after(int):
        query = query.where(AuditRow.id < before[0])
    found = (await session.scalars(query)).all()
    rows, next_cursor = asked.cut(found, lambda row: (row.id,))
    items = [AuditEntry.model_validate(row) for row in rows]
    return AuditPage(items=items, next_cursor=next_cursor)
