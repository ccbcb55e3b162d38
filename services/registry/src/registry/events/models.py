"""The registry's outbox."""

from __future__ import annotations

from mergehub.kit.events.outbox import Outbox
from registry.events.tables import OutboxRow
from registry.webhooks.fanout import fan_out

outbox = Outbox("registry", OutboxRow, emitted=fan_out)
