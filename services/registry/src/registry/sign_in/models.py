"""The table of shells that a person has allowed and that have no token yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base


class SignInRow(Base):
    """A one-time code, by its SHA-256, for the shell whose secret has the SHA-256 `challenge`."""

    __tablename__ = "sign_ins"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    challenge: Mapped[str] = mapped_column(String(64))
    account: Mapped[str] = mapped_column(ForeignKey("accounts.handle"))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
