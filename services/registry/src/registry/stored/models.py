"""The tables of the models that runs have stored, and of their files."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, desc, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base

State = Literal["stored", "leaving", "deleting", "gone"]
HELD = ("stored", "leaving")
"""The states in which a run may still use the model."""


class ArtifactRow(Base):
    """The model of a run that succeeded.

    A `leaving` model has been marked, and a run that needs it calls it back; the files of one that
    is `deleting` are being removed, and those of one that is `gone` have been. `why` says why.
    `size` is null while its files are not known.
    """

    __tablename__ = "artifacts"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey("accounts.handle"))
    state: Mapped[str] = mapped_column(String(10), server_default="stored")
    size: Mapped[int | None] = mapped_column(BigInteger)
    pinned: Mapped[bool] = mapped_column(server_default=text("false"))
    why: Mapped[str | None] = mapped_column(Text)
    marked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("state IN ('stored', 'leaving', 'deleting', 'gone')", "state"),
        CheckConstraint("(state = 'stored') = (marked_at IS NULL)", "marked"),
        Index("ix_artifacts_created_at", desc("created_at"), desc("run_id")),
        Index("ix_artifacts_owner", "owner", desc("created_at"), desc("run_id")),
        Index("ix_artifacts_leaving", "marked_at", postgresql_where=text("state <> 'stored'")),
        Index("ix_artifacts_unread", "run_id", postgresql_where=text("size IS NULL")),
    )


class FileRow(Base):
    """A file of a stored model, by its path in the model's folder."""

    __tablename__ = "artifact_files"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("artifacts.run_id"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
