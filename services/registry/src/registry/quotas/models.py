"""The table of the quotas that administrators set."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base


class QuotaRow(Base):
    """How much of something one account may have; NULL: any number."""

    __tablename__ = "quotas"

    account: Mapped[str] = mapped_column(ForeignKey("accounts.handle"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at_most: Mapped[int | None]
