"""Model names: the first spelling counts, even if later results use another case."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Index, String, collate, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.tables import Base


class SpellingRow(Base):
    """The first spelling of a name; names are compared without case."""

    __tablename__ = "spellings"

    name: Mapped[str] = mapped_column(String(500, collation="C"), primary_key=True)

    __table_args__ = (Index("uq_spellings_lower_name", func.lower(name), unique=True),)


async def spelled(session: AsyncSession, name: str) -> str:
    """Return the first spelling of a name; a new name becomes its own first spelling."""
    await session.execute(insert(SpellingRow).values(name=name).on_conflict_do_nothing())
    return await known(session, name)


async def known(session: AsyncSession, name: str) -> str:
    """Return the first spelling of a name, or the name itself if it is unknown."""
    found = await session.scalar(select(SpellingRow.name).where(_is(name)))
    return found or name


def _is(name: str) -> ColumnElement[bool]:
    return func.lower(SpellingRow.name) == func.lower(collate(literal(name), "C"))
