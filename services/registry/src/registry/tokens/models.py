"""The table of tokens; a token itself is never stored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base

NOT_REVOKED = text("revoked_at IS NULL")


class TokenRow(Base):
    """A token by its SHA-256, its name, the account that it belongs to and what it allows.

    People recognise it by its `hint`. The name and the hash of a revoked token are free again.
    The tokens of the hub's own programs have no account; signing in creates a `session`.
    """

    __tablename__ = "tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(200))
    account: Mapped[str | None] = mapped_column(ForeignKey("accounts.handle"))
    session: Mapped[bool] = mapped_column(server_default=text("false"))
    hash: Mapped[str] = mapped_column(String(64))
    hint: Mapped[str] = mapped_column(String(20))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[str] = mapped_column(String(200))
    creator_id: Mapped[UUID | None] = mapped_column(ForeignKey("tokens.id"))
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_tokens_name",
            "account",
            "name",
            unique=True,
            postgresql_where=NOT_REVOKED,
            postgresql_nulls_not_distinct=True,
        ),
        Index("uq_tokens_hash", "hash", unique=True, postgresql_where=NOT_REVOKED),
        Index("ix_tokens_created_at_id", text("created_at DESC"), text("id DESC")),
        Index("ix_tokens_creator_id", "creator_id"),
        Index("ix_tokens_sessions", "expires_at", postgresql_where=text("session")),
    )
