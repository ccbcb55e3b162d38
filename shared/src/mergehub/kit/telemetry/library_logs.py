"""What libraries log, as JSON lines like our own, with the ids of the request, run and trace."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from structlog.contextvars import get_contextvars

UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access")


class JsonLines(logging.Handler):
    """Hands each record to `write` as a line of JSON."""

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; whatever fails ends no program."""
        try:
            self._write(json.dumps(_fields(record), ensure_ascii=False, default=str))
        except Exception:
            self.handleError(record)


class _FirstOnly(logging.Handler):
    """Hands the first record to the handlers of all loggers, and no other."""

    def __init__(self) -> None:
        super().__init__()
        self._told = False

    def emit(self, record: logging.LogRecord) -> None:
        if not self._told:
            self._told = True
            logging.getLogger().handle(record)


def only_first_line(library: str) -> None:
    """Log only the first line that a library has, for one that would repeat it all the time."""
    logger = logging.getLogger(library)
    logger.handlers = [_FirstOnly()]
    logger.propagate = False


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = {
        **get_contextvars(),
        "logger": record.name,
        "event": record.getMessage(),
        "level": record.levelname.lower(),
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
    }
    if record.exc_text:  # without secrets: `logs` makes it for every record
        fields["exception"] = record.exc_text
    return fields


def take_over(write: Callable[[str], None]) -> None:
    """Write what libraries log, also what uvicorn would print as text, once and for all."""
    root = logging.getLogger()
    for each in [handler for handler in root.handlers if isinstance(handler, JsonLines)]:
        root.removeHandler(each)
    root.addHandler(JsonLines(write))
    for name in UVICORN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
