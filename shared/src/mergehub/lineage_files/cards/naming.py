"""The name of the model that a card describes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .mentions import Mentions

NO_NAMES = frozenset({
    "readme", "model_card", "modelcard", "card", "index", "adapter_config", "mergekit_config",
    "mergekit_moe_config",
})  # fmt: skip
CACHED = "models--"


def name_of(
    path: Path, root: Path | None, about: Mapping[str, Any], mentions: Mentions
) -> tuple[str, str | None]:
    """The name, and a reason if the card's text was needed to find it.

    The folders `org/name/README.md` below `root` are a full name, and so is a file or folder
    called `org__name` or `models--org--name`, as in a cache of the Hugging Face Hub. A short name
    is completed if the card mentions one model that it can mean.
    """
    short = _short(path, root, about)
    if "/" in short:
        return short, None
    full = mentions.full(short)
    return (full, "the card mentions the model by its full name") if full else (short, None)


def folder_name(path: Path, root: Path | None) -> str:
    """The name that the folders of a file say, if it is beside the model's weights."""
    return name_of(path, root, {}, Mentions(""))[0]


def _short(path: Path, root: Path | None, about: Mapping[str, Any]) -> str:
    stem = path.stem
    if cached := next((each for each in path.parent.parts if each.startswith(CACHED)), None):
        return _joined(cached)
    if stem.lower() not in NO_NAMES:
        return _joined(stem)
    folders = path.parent.relative_to(root).parts if root else ()
    if len(folders) >= 2:
        return _joined(f"{folders[-2]}/{folders[-1]}")
    listed = about.get("model-index")
    first = listed[0] if isinstance(listed, list) and listed else {}
    for told in (about.get("model_name"), first.get("name") if isinstance(first, dict) else None):
        if isinstance(told, str) and told.strip():
            return told.strip()
    return _joined(path.resolve().parent.name or stem)


def _joined(name: str) -> str:
    """`org/name` from the ways in which programs write it as the name of one file."""
    name = name.removeprefix(CACHED)
    for mark in ("--", "__"):
        owner, found, rest = name.partition(mark)
        if found and owner and rest and mark not in rest:
            return f"{owner}/{rest}"
    return name
