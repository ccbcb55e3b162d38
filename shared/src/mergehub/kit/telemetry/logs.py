"""JSON logs on standard error without secrets, the logs of libraries included.

A log never makes its program fail: lines that a full disk refuses are lost, counted, and later
reported.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from typing import Any, TextIO

import structlog

from mergehub.kit.telemetry.library_logs import take_over

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
"""Tokens and webhook secrets, values of `Authorization` fields, passwords in URLs, and signatures
and passwords in their queries."""


def without_secrets(line: str) -> str:
    """`line` with `…` in place of secrets."""
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
            # Formatters make the text only if there is none yet.
            trace = "".join(traceback.format_exception(*self.exc_info))
            self.exc_text = without_secrets(trace.rstrip("\n"))


def _told(value: Any) -> Any:
    if value is None or isinstance(value, (int, float)):
        return value
    text = str(value)
    told = without_secrets(text)
    return value if told == text else told


class Lines:
    """A logger of structlog that writes lines to a stream, and never raises.

    When the stream accepts lines again, the first one says how many were lost.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._lost = 0

    def msg(self, line: str) -> None:
        """Write `line`, or count it as lost."""
        try:
            if self._lost:
                told = {"lines": self._lost, "event": "log.lost", "level": "warning"}
                print(json.dumps(told), file=self._stream)
            print(line, file=self._stream, flush=True)
            self._lost = 0
        except (OSError, ValueError):  # a full disk, a broken pipe, or a closed stream
            self._lost += 1

    debug = info = warning = error = critical = msg


def configure_logging(level: str) -> None:
    """Log one JSON object a line, with the time in UTC. No call raises, not even a library's."""
    logging.raiseExceptions = False
    logging.setLogRecordFactory(_Record)
    lines = Lines(sys.stderr)
    take_over(lines.msg)
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
        logger_factory=lambda *_: lines,
    )
