"""The declarative base of the service's tables, and the tables of its event consumer."""

from __future__ import annotations

from sqlalchemy import MetaData

from mergehub.kit.database.models import NAMING, Table
from mergehub.kit.events.inbox import InboxColumns, Intake, PositionColumns, RefusedColumns

CHANGED = "leaderboard_changed"
"""The channel of the database that says that results or parents have changed."""


class Base(Table):
    __abstract__ = True

    metadata = MetaData(naming_convention=NAMING)


class InboxRow(InboxColumns, Base):
    """The events that were applied."""


class RefusedRow(RefusedColumns, Base):
    """The events that could not be applied, kept for operators to look at."""


class PositionRow(PositionColumns, Base):
    """How far the events of each source have been applied."""


intake = Intake("registry", InboxRow, PositionRow, RefusedRow)
