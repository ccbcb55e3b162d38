"""What the rows of a board may be filtered by."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Filters:
    """What a row must be; None: anything. A tuple: one of these.

    `q` is a part of the name, in any case; `model` are whole names. `since` and `until` are days
    since 1970, both included. `unknown` stands for rows of which nothing is known.
    """

    q: str | None = None
    model: tuple[str, ...] | None = None
    method: tuple[str, ...] | None = None
    base: tuple[str, ...] | None = None
    family: tuple[str, ...] | None = None
    domain: tuple[str, ...] | None = None
    precision: tuple[str, ...] | None = None
    licence: tuple[str, ...] | None = None
    size_min: float | None = None
    size_max: float | None = None
    since: int | None = None
    until: int | None = None
    merged: bool | None = None
    flagged: bool | None = None

    def active(self) -> list[str]:
        """The names of those that are set."""
        return [each.name for each in fields(self) if getattr(self, each.name) is not None]
