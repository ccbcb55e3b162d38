"""The tables of locks with manifests, and of reproductions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, desc, func, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base


class LockRow(Base):
    """What a merge read and made: its lock as canonical JSON and its manifest, both compressed.

    Apart from the run, since there may be a hundred thousand tensors.
    """

    __tablename__ = "run_locks"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(80))
    lock: Mapped[bytes] = mapped_column(LargeBinary)
    manifest: Mapped[bytes] = mapped_column(LargeBinary)


class ReproductionRow(Base):
    """A verify run that succeeded, of a merge by a published recipe.

    `counted` are those in the recipe's counter: at most one of each account.
    """

    __tablename__ = "reproductions"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    merge_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("recipe_versions.id", ondelete="CASCADE"))
    recipe_id: Mapped[UUID] = mapped_column(ForeignKey("recipes.id", ondelete="CASCADE"))
    owner: Mapped[str] = mapped_column(ForeignKey("accounts.handle"))
    same: Mapped[bool]
    counted: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        Index("ix_reproductions_recipe", "recipe_id", desc("created_at"), desc("run_id")),
        Index(
            "ix_reproductions_counted",
            "recipe_id",
            "owner",
            unique=True,
            postgresql_where=text("counted"),
        ),
    )
