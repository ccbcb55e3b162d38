"""Recording changes in the transactions that make them, and reading them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.together import Write, provided, together
from mergehub.kit.paging.pages import PageRequest
from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.models import AuditRow
from registry.audit.schemas import AuditEntry, AuditPage

_RECORD = """
INSERT INTO audit (actor, actor_id, account, action, request_id, subject)
SELECT :actor, CAST(:actor_id AS uuid), :account, :action, :request_id, subject
FROM unnest(CAST(:subjects AS text[])) WITH ORDINALITY AS given (subject, place)
{provided} ORDER BY place
"""


@dataclass(frozen=True)
class AuditFilter:
    """Which changes to list; None selects all, and a subject includes its parts."""

    actor: str | None
    action: str | None
    subject: str | None
    account: str | None = None


async def audit(session: AsyncSession, actor: Actor, action: Action, subject: str) -> None:
    """Record that `actor` did `action` to `subject`.

    `action` reads `noun.verb` in the past tense, `subject` as in events: `runs/<id>`. The record
    is written in the transaction of the change, so neither exists without the other.
    """
    await together(session, recording(actor, action, [subject]))


def recording(
    actor: Actor, action: Action, subjects: Iterable[str], of: Write | None = None
) -> Write:
    """The write of `audit` for several subjects, to be executed together with others.

    `of`: the write without whose rows nothing is recorded.
    """
    values = {
        "actor": actor.who.name,
        "actor_id": actor.who.id,
        "account": actor.who.account,
        "action": action,
        "request_id": actor.request_id,
        "subjects": list(subjects),
    }
    return Write("audited", _RECORD.format(provided=provided(of)), values)


async def page(session: AsyncSession, wanted: AuditFilter, asked: PageRequest) -> AuditPage:
    """A page of changes, newest first."""
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
