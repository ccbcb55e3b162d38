"""Statements for tests."""

from __future__ import annotations

from typing import Any

from lineage.learning.batch import Statement, Told
from lineage.learning.trust import confidence


def say(
    child: str,
    parent: str,
    *,
    source: str = "registry",
    relation: str = "merge",
    role: str = "ingredient",
    digests: tuple[str | None, str | None] = (None, None),
    **changes: Any,
) -> Statement:
    """A source says that `child` came from `parent`."""
    told = Told(relation, source, confidence(source, relation), **changes)
    return Statement(child, parent, role, told, *digests)
