"""The names in a file: what is wrong with them, and what they were taken for."""

from __future__ import annotations

from typing import Literal

from lineage.learning.names import key
from mergehub.contracts import lineage_names
from mergehub.contracts.lineage_names import composed

Fault = Literal["empty-name", "malformed-name"]


def fault(name: str) -> Fault | None:
    """What is wrong with a name."""
    if lineage_names.is_usual(name):
        return None
    given = composed(name)
    if lineage_names.fault(given) is None:
        return None
    return "empty-name" if lineage_names.is_nothing(given) else "malformed-name"


def faults(*written: str | None) -> str:
    """A sentence on what is wrong with the first of some names that is none."""
    found = (lineage_names.fault(composed(name)) for name in written if name is not None)
    why = next((each for each in found if each), "")
    return f"{why[:1].upper()}{why[1:]}."


def why(was: str, now: str) -> str:
    """Why a name was taken for another one."""
    if was.strip() == now:
        return "Spaces around a name do not count."
    if composed(was) == now:
        return "A letter and its accent count as one character."
    if key(was) == key(now):
        return "Case does not distinguish names; the model is known by this spelling."
    return "The model was renamed."
