"""What goes out about changes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mergehub.contracts.runs import Answer


class AuditEntry(Answer):
    """A change. `actor_id` is the token's; the registry's own changes have none."""

    id: int
    at: datetime
    actor: str
    actor_id: UUID | None
    action: str
    subject: str
    request_id: str | None


class AuditPage(Answer):
    """Newest first."""

    items: list[AuditEntry]
    next_cursor: str | None
