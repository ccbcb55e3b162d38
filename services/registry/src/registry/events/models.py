"""The registry's outbox."""

from __future__ import annotations

from mergehub.kit.outbox import Outbox, OutboxRow
from registry.base import Base


class OutboxTable(OutboxRow, Base):
    """Events, written in the transaction of the change that they tell of."""


outbox = Outbox("registry", OutboxTable)
