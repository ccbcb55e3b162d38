"""The body that a receiver gets: `type`, `timestamp` and `data`, always under 20 kB."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from mergehub.kit.events.outbox import OutboxColumns

LARGEST_BYTES = 20_000
KEPT_CHARACTERS = 200


def body_of(event: OutboxColumns) -> str:
    """The body of the deliveries of an event."""
    return body(event.type, event.time, event.subject, event.data)


def body(event_type: str, time: datetime, subject: str, data: dict[str, Any]) -> str:
    """A body as JSON. If it is too large, its largest fields are emptied; `shortened` names them.

    A receiver can get the omitted data from the event's subject or from the feed of events.
    """
    data, shortened = dict(data), []
    whole = {"type": event_type, "timestamp": time.isoformat(), "subject": subject, "data": data}
    for name in sorted(data, key=lambda name: -len(_json(data[name]).encode())):
        if len(_json(whole).encode()) < LARGEST_BYTES:
            break
        data[name] = _emptied(data[name])
        shortened.append(name)
        whole["shortened"] = shortened
    return _json(whole)


def _emptied(value: Any) -> Any:
    """A smaller value of the same type, so that the type's schema holds."""
    return value[:KEPT_CHARACTERS] if isinstance(value, str) else type(value)()


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
