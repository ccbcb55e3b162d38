"""JSON logs on standard error, without secrets."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

SECRETS = (
    (re.compile(r"\b(mgh_|whsec_)[\w+/=-]+"), r"\1…"),
    (re.compile(r"(?i)\b(bearer|basic) [\w.~+/=-]+"), r"\1 …"),
    (re.compile(r"(://[^:/@\s\"]*):[^@/\s\"]+@"), r"\1:…@"),
)
"""Tokens and webhook secrets, whatever stands in an `Authorization` field, passwords in URLs."""


def without_secrets(line: str) -> str:
    """`line`, with `…` in place of what nobody may read in a log."""
    for pattern, instead in SECRETS:
        line = pattern.sub(instead, line)
    return line


def _censor(logger: Any, method: str, line: Any) -> str:
    return without_secrets(str(line))


def configure_logging(level: str) -> None:
    """One JSON object a line, with the time in UTC."""
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
