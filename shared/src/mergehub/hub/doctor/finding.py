"""What a check has found."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, NamedTuple

from mergehub.variables import BadVariable, variable

State = Literal["ok", "warning", "failed"]


class Finding(NamedTuple):
    """The result of one check: what was found and, unless it is fine, what would be right."""

    check: str
    state: State
    found: str
    right: str = ""


def ok(check: str, found: str) -> Finding:
    return Finding(check, "ok", found)


def warning(check: str, found: str, right: str) -> Finding:
    return Finding(check, "warning", found, right)


def failed(check: str, found: str, right: str) -> Finding:
    return Finding(check, "failed", found, right)


def given(environment: Mapping[str, str], name: str) -> str | None:
    """The value of `MERGEHUB_<name>`; None if it is not set, empty, or in an unreadable file."""
    with suppress(BadVariable):
        return variable(f"MERGEHUB_{name}", environment) or None
    return None
