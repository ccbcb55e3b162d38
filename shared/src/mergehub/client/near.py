"""What somebody may have meant who named something that there is not."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near(name: str, known: Iterable[str]) -> str:
    """A question that names the nearest of what there is, or nothing."""
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(by_lower[each] for each in found)}?" if found else ""
