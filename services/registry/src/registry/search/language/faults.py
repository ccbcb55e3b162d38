"""What is wrong with a query: where, why, and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry.search.query import Span

MOST_FAULTS = 20


@dataclass(frozen=True)
class QueryFault:
    """One fault. `parameter` is where it was written, and `place` where in its text."""

    code: str
    detail: str
    place: Span
    suggestion: str | None = None
    parameter: tuple[str | int, ...] = ("q",)


class QueryError(ValueError):
    """A query that cannot be answered, with its first faults."""

    def __init__(self, faults: Sequence[QueryFault]) -> None:
        self.faults = tuple(faults[:MOST_FAULTS])
        super().__init__("; ".join(fault.detail for fault in self.faults))


class Wrong(ValueError):
    """A value that is not right for its field; the reader of the text adds its place."""

    def __init__(self, code: str, detail: str, suggestion: str | None = None) -> None:
        self.code, self.detail, self.suggestion = code, detail, suggestion
        super().__init__(detail)
