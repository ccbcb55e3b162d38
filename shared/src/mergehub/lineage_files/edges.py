"""From two names as they were written to an edge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .names import BadName, is_usual, read_name, same
from .rows import Corrected, Edge, Row, Skipped


def edge_rows(child: Any, parent: Any, line: int | None, **told: Any) -> Iterator[Row]:
    """The edge between two names as written, or why there is none."""
    if _are_usual(child, parent):
        yield Edge(child, parent, line, **told)
        return
    notes: list[Row] = []
    named: list[str] = []
    for field, written in (("child", child), ("parent", parent)):
        try:
            name = read_name(written if isinstance(written, str) else "")
        except BadName as error:
            reason = f"the {field}: {error}"
            yield Skipped(line, shown(child), shown(parent), reason, "bad-name")
            return
        named.append(name.text)
        if name.reason:
            notes.append(Corrected(line, field, shown(written), name.text, name.reason))
    if same(*named):
        reason = "a model cannot be its own parent"
        yield Skipped(line, named[0], named[1], reason, "self-loop")
        return
    yield from notes
    yield Edge(named[0], named[1], line, **told)


def _are_usual(child: Any, parent: Any) -> bool:
    """Whether two names need no closer look, which is true of nearly all."""
    texts = isinstance(child, str) and isinstance(parent, str)
    return texts and is_usual(child) and is_usual(parent) and child.lower() != parent.lower()


def shown(value: Any) -> str:
    """A value of a stranger, short enough for a report."""
    return str(value)[:200] if isinstance(value, str | int | float) else ""
