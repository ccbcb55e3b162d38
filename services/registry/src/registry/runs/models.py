"""The tables of runs and of their item scores."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    Uuid,
    desc,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from mergehub.contracts.runs import RunState
from registry.base import Base

Json = JSONB(none_as_null=True)
UNFINISHED = text("state IN ('queued', 'running')")


class RunRow(Base):
    """The record of a run; only `moves` changes its state.

    `fence` counts claims and never decreases; `attempt` counts the attempts that were used,
    including the current one. `due_at` is when a queued run may begin, or when the bell last rang
    for it. `claimed_at` and `claim_nonce` (the worker's mark) are those of the newest claim;
    `report_digest` is that of the last accepted report. `sources` are the recipes that the run's
    outcome follows from, also by way of other runs. `products` are the runs that made the models
    named in its spec. `push` is where the model is to be pushed once it is made, and the run that
    does it. `warnings` are those of all attempts. `traceparent` is the span that
    submitted or retried it.
    """

    __tablename__ = "runs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner: Mapped[str] = mapped_column(ForeignKey("accounts.handle"))
    visibility: Mapped[str] = mapped_column(String(10), server_default="public")
    sources: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    hardware: Mapped[str] = mapped_column(String(20))
    needs: Mapped[dict[str, Any] | None] = mapped_column(Json)
    timeout_seconds: Mapped[int]
    spec: Mapped[dict[str, Any]] = mapped_column(JSONB)
    model_name: Mapped[str] = mapped_column(Text)
    products: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    push: Mapped[dict[str, Any] | None] = mapped_column(Json)
    attempt: Mapped[int] = mapped_column(server_default="0")
    max_attempts: Mapped[int]
    fence: Mapped[int] = mapped_column(BigInteger, server_default="0")
    worker: Mapped[str | None] = mapped_column(String(200))
    claimed_at: Mapped[datetime | None]
    claim_nonce: Mapped[UUID | None]
    lease_expires_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    progress: Mapped[dict[str, Any] | None] = mapped_column(Json)
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    warnings: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    report_digest: Mapped[str | None] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(BigInteger, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    traceparent: Mapped[str | None] = mapped_column(String(55))

    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(each.value) for each in RunState)})", "state"),
        CheckConstraint("visibility IN ('public', 'private')", "visibility"),
        CheckConstraint("(state = 'running') = (lease_expires_at IS NOT NULL)", "lease"),
        Index("ix_runs_created_at_id", desc("created_at"), desc("id")),
        Index("ix_runs_due", "due_at", postgresql_where=text("state = 'queued'")),
        Index("ix_runs_lease", "lease_expires_at", postgresql_where=text("state = 'running'")),
        Index("ix_runs_worker", "worker", postgresql_where=text("state = 'running'")),
        Index("ix_runs_owner_created_at", "owner", "created_at"),
        Index("ix_runs_unfinished", "owner", postgresql_where=UNFINISHED),
        Index("ix_runs_lower_model_name", func.lower(model_name), desc("created_at"), desc("id")),
        Index("ix_runs_sources", "sources", postgresql_using="gin"),
    )

    @property
    def private_to(self) -> str | None:
        """The account that a private run belongs to, else None."""
        return self.owner if self.visibility == "private" else None


class ItemsRow(Base):
    """The item scores of one benchmark; apart from the run, since there are thousands."""

    __tablename__ = "run_items"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    benchmark: Mapped[str] = mapped_column(Text, primary_key=True)
    items: Mapped[dict[str, float]] = mapped_column(JSONB)
