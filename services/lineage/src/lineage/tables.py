"""The declarative base of the service's tables, and those that the consumer keeps."""

from __future__ import annotations

from sqlalchemy import MetaData

from mergehub.kit.database.models import NAMING, Table
from mergehub.kit.events.inbox import InboxRow, Intake, PositionRow, RefusedRow


class Base(Table):
    __abstract__ = True

    metadata = MetaData(naming_convention=NAMING)


class Inbox(InboxRow, Base):
    """The events that were applied."""


class InboxRefused(RefusedRow, Base):
    """The events that could not be applied, for people to look at."""


class InboxPosition(PositionRow, Base):
    """How far the events of each source were applied."""


intake = Intake("registry", Inbox, InboxPosition, InboxRefused)
