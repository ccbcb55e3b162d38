"""The names in a file: what is wrong with them, and what they were taken for."""

from __future__ import annotations

from typing import Literal

from lineage.learning.names import key
from lineage.models.models import NAME_LENGTH
from lineage.shapes import HIDDEN

Fault = Literal["empty-name", "malformed-name"]


def fault(name: str) -> Fault | None:
    """What is wrong with a name."""
    if not name:
        return "empty-name"
    hidden = not name.isprintable() and HIDDEN.search(name)  # the first is fast and stricter
    return "malformed-name" if hidden or len(name) > NAME_LENGTH else None


def why(was: str, now: str) -> str:
    """Why a name was taken for another one."""
    if was.strip() == now:
        return "Spaces around a name do not count."
    if key(was.strip()) == key(now):
        return "Case does not distinguish names; the model is known by this spelling."
    return "The model was renamed."
