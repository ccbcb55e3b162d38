"""The table of workers: what each last reported of itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base


class WorkerRow(Base):
    """A worker by its name; the runs say what it works on."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    hardware: Mapped[str] = mapped_column(String(20))
    capacity: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[str] = mapped_column(String(100))
    pushes: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    since: Mapped[datetime] = mapped_column(server_default=func.now())
    idle_since: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
