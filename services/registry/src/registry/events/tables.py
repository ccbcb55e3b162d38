"""The table of the registry's events."""

from __future__ import annotations

from mergehub.kit.events.outbox import OutboxColumns
from registry.base import Base


class OutboxRow(OutboxColumns, Base):
    """Events, each written in the transaction of the change that it reports."""
