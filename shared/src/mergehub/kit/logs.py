"""JSON logs on standard error, without secrets; neither do libraries' own logs tell any."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import Any

import structlog

SECRETS = (
    (re.compile(r"\b(mgh_|whsec_|whsk_)[\w+/=%-]+"), r"\1…"),
    (re.compile(r"(?i)\b(bearer|basic)(?: |%20|\+)+[\w.~+/=%-]+"), r"\1 …"),
    (re.compile(r"(://[^:/@\s\"]*):[^@/\s\"]+@"), r"\1:…@"),
    (
        re.compile(
            r"(?i)([?&;'][\w.-]*(?:token|secret|password|passwd|signature|sig|credential|key|code)=)"
            r"[^&;#\s\"']+"
        ),
        r"\1…",
    ),
)
"""Tokens and webhook secrets, whatever stands in an `Authorization` field, passwords in URLs, and
what signs a URL or stands for a password in its query."""


def without_secrets(line: str) -> str:
    """`line`, with `…` in place of what nobody may read in a log."""
    for pattern, instead in SECRETS:
        line = pattern.sub(instead, line)
    return line


def _censor(logger: Any, method: str, line: Any) -> str:
    return without_secrets(str(line))


class _Record(logging.LogRecord):
    """A line of a library's log, such as uvicorn's, without secrets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.msg, str):
            self.msg = without_secrets(self.msg)
        if isinstance(self.args, tuple):  # as they are: uvicorn's formatter takes them apart
            self.args = tuple(map(_told, self.args))
        if self.exc_info and self.exc_info[1] is not None:
            # Formatters make the text only where there is none yet.
            trace = "".join(traceback.format_exception(*self.exc_info))
            self.exc_text = without_secrets(trace.rstrip("\n"))


def _told(value: Any) -> Any:
    if value is None or isinstance(value, (int, float)):
        return value
    text = str(value)
    told = without_secrets(text)
    return value if told == text else told


def configure_logging(level: str) -> None:
    """One JSON object a line, with the time in UTC."""
    logging.setLogRecordFactory(_Record)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
            _censor,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
