"""Names that are like one that is not known."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

MOST = 3
LONGEST = 100
"""The longest name that is compared."""


def near_names(asked: str, known: Collection[str]) -> list[str]:
    """At most three names: those that contain the asked one, then those that are like it.

    Without a slash, it is also compared with what comes after the slash of a name. Case does not
    count. The first of `known` come first.
    """
    if not 0 < len(asked) <= LONGEST:
        return []
    word = asked.lower()
    lowered = {name.lower(): name for name in reversed(list(known))}
    found = [name for name in reversed(lowered) if word in name]
    if len(found) < MOST:
        found += get_close_matches(word, lowered, n=MOST)
    if len(found) < MOST and "/" not in word:
        ends = {name.rpartition("/")[2]: name for name in lowered}
        found += [ends[end] for end in get_close_matches(word, ends, n=MOST)]
    return [lowered[name] for name in dict.fromkeys(found)][:MOST]
