"""The tables of releases."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.boards.own.models import BoardName
from leaderboard.tables import Base


class ReleaseRow(Base):
    """A release of a board. `content` is JSON, and is never changed: the board and its columns.

    `digest` is that of the content and all rows, a line each.
    """

    __tablename__ = "releases"

    board: Mapped[str] = mapped_column(BoardName, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime]
    as_of: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(71))
    models: Mapped[int]
    content: Mapped[str] = mapped_column(Text)


class ReleaseRowsRow(Base):
    """Some rows of a release, as compressed lines of JSON; part 0 has the first of them."""

    __tablename__ = "release_rows"

    board: Mapped[str] = mapped_column(BoardName, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rows: Mapped[bytes]
