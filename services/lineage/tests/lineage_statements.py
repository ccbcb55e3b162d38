"""Statements for tests."""

from __future__ import annotations

from typing import Any

from lineage.learning.batch import Statement, Told, states_role, usual_role
from lineage.trust import confidence


def say(
    child: str,
    parent: str,
    *,
    source: str = "registry",
    relation: str = "merge",
    role: str | None = "ingredient",
    digests: tuple[str | None, str | None] = (None, None),
    **changes: Any,
) -> Statement:
    """A source says that `child` came from `parent`; None: it says nothing of the role."""
    stated = states_role(relation, role)
    told = Told(relation, source, confidence(source, relation), role_stated=stated, **changes)
    return Statement(child, parent, role or usual_role(relation), told, *digests)
