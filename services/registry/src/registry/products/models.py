"""The table of the names of merged models."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base


class ProductRow(Base):
    """A name in its first spelling, and its owner. Names are compared without case."""

    __tablename__ = "products"

    name: Mapped[str] = mapped_column(String(400), primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey("accounts.handle"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        Index("uq_products_lower_name", func.lower(name), unique=True),
        Index("ix_products_namespace", func.lower(func.split_part(name, "/", 1))),
    )
