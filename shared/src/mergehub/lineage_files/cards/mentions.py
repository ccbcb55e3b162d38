"""The models that a card's text names in full, which tell what its short names mean."""

from __future__ import annotations

import re
from collections import defaultdict

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_LINK = re.compile(rf"(?:huggingface\.co|hf\.co)/({_PART})/({_PART})")
_NAME = re.compile(rf"(?<![\w./:-])({_PART})/({_PART})(?![\w/])")
_QUERY = re.compile(rf"[?&]query=({_PART})/({_PART})")
_DETAILS = re.compile(r"details_([A-Za-z0-9-]{1,96})__([A-Za-z0-9._-]{1,96})")
FOLDERS = frozenset({
    "output", "outputs", "out", "model", "models", "merge", "merges", "merged", "input", "inputs",
    "checkpoint", "checkpoints", "weights", "data", "tmp", "temp", "cache", "root", "home", "mnt",
    "workspace", "content", "local", "downloads",
})  # fmt: skip
"""Folders that a recipe's author may have; no owner of models has such a name."""
_NO_OWNERS = FOLDERS | {"datasets", "spaces", "docs", "papers", "collections", "blog", "tree"}
MOST = 5_000


class Mentions:
    """Full names (`org/name`) by the short names that may mean them, from a card's text."""

    def __init__(self, text: str) -> None:
        self._linked = _found(text, _LINK, _QUERY, _DETAILS)
        self._named = _found(text, _NAME)

    def full(self, short: str) -> str | None:
        """The one model that a short name, a folder's name or `org_name` can mean, or None.

        Links count more than names in the text.
        """
        key = short.replace("\\", "/").rstrip("/").rpartition("/")[2].lower()
        for known in (self._linked, self._named):
            if found := known.get(key):
                return next(iter(found.values())) if len(found) == 1 else None
        return None


def _found(text: str, *patterns: re.Pattern[str]) -> dict[str, dict[str, str]]:
    by_short: dict[str, dict[str, str]] = defaultdict(dict)
    seen = 0
    for pattern in patterns:
        for found in pattern.finditer(text):
            owner, name = found[1], found[2].rstrip(".-_")
            if owner.lower() in _NO_OWNERS or not name:
                continue
            full = f"{owner}/{name.removesuffix('.git')}"
            for short in (name, f"{owner}_{name}", f"{owner}__{name}", f"{owner}-{name}"):
                by_short[short.lower()].setdefault(full.lower(), full)
            seen += 1
            if seen == MOST:
                return by_short
    return by_short
