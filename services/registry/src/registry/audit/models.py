"""The table of changes, to which rows are only added."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base


class AuditRow(Base):
    """A change: who made it, what it was, to which subject, when and in which request."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[UUID | None]
    account: Mapped[str | None] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(300, "C"))  # for an index of prefixes
    request_id: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_audit_subject_id", "subject", "id"),
        Index("ix_audit_actor_id", "actor", "id"),
        Index("ix_audit_account_id", "account", "id"),
    )
