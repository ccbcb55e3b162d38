"""The registry's outbox."""

from __future__ import annotations

from mergehub.kit.events.outbox import Outbox
from registry.events.tables import OutboxTable
from registry.webhooks.fanout import fan_out

outbox = Outbox("registry", OutboxTable, emitted=fan_out)
