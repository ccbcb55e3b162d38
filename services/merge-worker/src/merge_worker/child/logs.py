"""The log of a child: JSON lines with the ids of its run and trace, beside what libraries print.

It needs only the standard library, since each attempt starts a process.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from mergehub.kit.telemetry.spans import trace_of

from .messages import Job

log = logging.getLogger("merge_worker")


class _Json(logging.Formatter):
    def __init__(self, ids: dict[str, str]) -> None:
        super().__init__()
        self._ids = ids

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            **self._ids,
            **getattr(record, "fields", {}),
            "logger": record.name,
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False, default=str)


def begin_log(job: Job) -> None:
    """Write the log of this process as JSON lines on standard error."""
    ids = {"run": str(job.run_id), "kind": job.spec.kind}
    if job.traceparent:
        ids["trace_id"] = trace_of(job.traceparent)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(ids))
    logging.getLogger().addHandler(handler)
    log.setLevel(logging.INFO)


def log_event(event: str, **fields: Any) -> None:
    """Log an event of the work with its fields."""
    log.info(event, extra={"fields": fields})


def readable(line: str) -> str | None:
    """A line of the log for people; None if it only records how the work went on.

    A receiver of traces that is away is no fault of a run either.
    """
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    if not isinstance(fields, dict) or "event" not in fields or "run" not in fields:
        return line
    if fields.get("level") == "info" or str(fields.get("logger")).startswith("opentelemetry"):
        return None
    exception = fields.get("exception")
    return f"{fields['event']}\n{exception}" if exception else str(fields["event"])
