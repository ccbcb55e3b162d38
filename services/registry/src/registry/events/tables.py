"""The table of the registry's events."""

from __future__ import annotations

from mergehub.kit.events.outbox import OutboxRow
from registry.base import Base


class OutboxTable(OutboxRow, Base):
    """Events, written in the transaction of the change that they tell of."""
