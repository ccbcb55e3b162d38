"""The tables of endpoints, of deliveries to them, and of the attempts of each delivery."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    desc,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base

PENDING = text("state = 'pending'")


class EndpointRow(Base):
    """An endpoint: where to send which events, in which format; no types means all.

    The secrets and the bearer token are sealed (`registry.webhooks.secrets`).
    `failing_since` is the first failure since the endpoint last accepted a delivery. Nothing is
    sent until `paused_until`, because the receiver asked for a pause.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner: Mapped[str] = mapped_column(ForeignKey("accounts.handle"), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str] = mapped_column(String(500))
    types: Mapped[list[str]] = mapped_column(ARRAY(String(100)))
    format: Mapped[str] = mapped_column(String(20), server_default="standard")
    ordered: Mapped[bool]
    signature: Mapped[str] = mapped_column(String(3))
    public_key: Mapped[str | None] = mapped_column(String(100))
    secret: Mapped[str] = mapped_column(Text)
    previous_secret: Mapped[str | None] = mapped_column(Text)
    previous_until: Mapped[datetime | None]
    bearer_token: Mapped[str | None] = mapped_column(Text)
    failing_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        CheckConstraint("(disabled_at IS NULL) = (disabled_reason IS NULL)", "disabled"),
        CheckConstraint("(signature = 'v1a') = (public_key IS NOT NULL)", "public_key"),
        Index("ix_webhook_endpoints_created_at_id", desc("created_at"), desc("id")),
    )


class DeliveryRow(Base):
    """One event for one endpoint, written in the event's own transaction.

    A sender that claims a pending delivery marks it with a `lease` and moves `due_at` to the end
    of the lease: if the sender dies, the delivery is due again. `attempt` counts the attempts
    since the delivery was last (re)played, `tries` all of them. `position` is the event's place
    in the outbox, which orders the deliveries of one subject.
    """

    __tablename__ = "webhook_deliveries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook_endpoints.id", ondelete="CASCADE")
    )
    event_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    event_time: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20), server_default="pending")
    attempt: Mapped[int] = mapped_column(server_default="0")
    tries: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lease: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    traceparent: Mapped[str | None] = mapped_column(String(55))

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed')", "state"),
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_deliveries_due", "endpoint_id", "due_at", "id", postgresql_where=PENDING),
        Index(
            "ix_webhook_deliveries_turn",
            "endpoint_id",
            "subject",
            "position",
            postgresql_where=PENDING,
        ),
        Index("ix_webhook_deliveries_log", "endpoint_id", desc("id")),
        Index("ix_webhook_deliveries_finished_at", "finished_at"),
    )


class AttemptRow(Base):
    """One attempt: the status and the beginning of the answer, or the error."""

    __tablename__ = "webhook_attempts"

    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    milliseconds: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(500))
    answer: Mapped[str] = mapped_column(Text)
