"""The table of the rules of retention that accounts have made for themselves."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base


class RetentionRow(Base):
    """An account's own rules, which apply beside those of the hub."""

    __tablename__ = "retentions"

    account: Mapped[str] = mapped_column(ForeignKey("accounts.handle"), primary_key=True)
    days: Mapped[int | None]
    newest: Mapped[int]
    keep: Mapped[list[str]] = mapped_column(JSONB)
