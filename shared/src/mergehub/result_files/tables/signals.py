"""What a row of a leaderboard says of whether its model is a merge, and how it is flagged."""

from __future__ import annotations

import re
from collections.abc import Mapping as Fields
from typing import Any, NamedTuple

from mergehub.result_files import values
from mergehub.result_files.headers import cleaned
from mergehub.result_files.mapping import Mapping
from mergehub.result_files.rows import shown

_MERGE = re.compile(r"\b(merges?|merged|moerges?|mergekit|lazymergekit|frankenmerges?)\b", re.I)
_NOT = re.compile(r"\b(not|no|non|un)[\s_-]*(merges?|merged)\b", re.I)
_OTHER = re.compile(
    r"pre-?trained|fine-?tun|instruct|chat|rlhf|\bdpo\b|\brl\b|multimodal|continuously", re.I
)


class Signal(NamedTuple):
    """One sign that a model is a merge, or is not, in the words of the report."""

    merged: bool
    words: str


def signals(row: Fields[str, Any], mapping: Mapping) -> list[Signal]:
    """What a row says, column by column. That a tag is missing says nothing."""
    found = []
    if mapping.merged and (told := values.truth(row.get(mapping.merged.column))) is not None:
        column = mapping.merged.column
        merged = told != mapping.merged.inverted
        found.append(Signal(merged, f"column {column} says {_yes(merged)}"))
    if mapping.type and (kind := _merge_kind(row.get(mapping.type))) is not None:
        found.append(Signal(kind, f"type is {shown(cleaned(str(row[mapping.type])))}"))
    if mapping.tags and (tag := _merge_tag(row.get(mapping.tags))):
        found.append(Signal(True, f"it has the tag {shown(tag)}"))
    return found


def contradiction(found: list[Signal]) -> str | None:
    """Words for signals that disagree, naming each; None if they do not."""
    if len({each.merged for each in found}) < 2:
        return None
    told = ", ".join(each.words for each in found)
    return f"whether it is a merge is contradictory: {told}; counted as claimed to be a merge"


def flags(row: Fields[str, Any], mapping: Mapping) -> tuple[str, ...]:
    """The flags that the row gives its model."""
    found = (
        column.flag
        for name, column in mapping.flags.items()
        if (told := values.truth(row.get(name))) is not None and told != column.inverted
    )
    return tuple(dict.fromkeys(found))[:20]


def _yes(merged: bool) -> str:
    return "merged" if merged else "not merged"


def _merge_kind(cell: Any) -> bool | None:
    """Whether a type is one of merges; None if it says nothing of that."""
    text = cleaned(cell) if isinstance(cell, str) else ""
    if _NOT.search(text):
        return False
    if _MERGE.search(text):
        return True
    return False if _OTHER.search(text) else None


def _merge_tag(cell: Any) -> str | None:
    listed = cell if isinstance(cell, list) else re.split(r"[,;|\[\]'\"]", str(cell or ""))
    for each in listed[:200]:
        tag = str(each).strip()
        if _MERGE.fullmatch(tag):
            return tag
    return None
