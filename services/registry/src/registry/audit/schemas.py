"""The responses about changes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page


class AuditEntry(Answer):
    """A change, by the token `actor` of `account`; the registry's own changes have neither."""

    id: int
    at: datetime
    actor: str
    actor_id: UUID | None
    account: str | None
    action: str
    subject: str
    request_id: str | None


class AuditPage(Page[AuditEntry]):
    """Newest first."""
