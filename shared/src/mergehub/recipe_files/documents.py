"""The YAML documents of a file, each as the text of a recipe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mergehub.lineage_files.cards.blocks import Block
from mergehub.lineage_files.cards.naming import folder_name
from mergehub.lineage_files.text import whole
from mergehub.recipe.yaml.limits import MAX_CHARACTERS, MAX_DOCUMENTS

from .naming import named
from .rows import Refused, Row

_MARK = re.compile(r"(---|\.\.\.)(?=\s|$)")
"""Begins or ends a document. No value can hold it at the beginning of a line."""


def read_documents(path: Path, root: Path | None, name: str | None) -> Iterator[Row]:
    """The recipes of a file in mergekit's YAML, of which it may hold several.

    Raises:
        Unreadable: there is no such file, or it is too long.
    """
    text = whole(path, MAX_CHARACTERS).removeprefix("\ufeff")
    blocks = documents(text)
    if len(blocks) > MAX_DOCUMENTS:
        reason = f"the file holds {len(blocks)} documents; at most {MAX_DOCUMENTS} are read"
        yield Refused(1, path.stem, "too-many", reason)
        return
    called = name or folder_name(path, root).rpartition("/")[2]
    yield from named(blocks, called, {})


def documents(text: str) -> list[Block]:
    """The documents of a text that hold something; a text of one stays byte for byte."""
    found = [block for block in _split(text) if _holds(block.text)]
    return found if len(found) > 1 else [Block(1, text)]


def _split(text: str) -> Iterator[Block]:
    start = 1
    held: list[str] = []
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        mark = _MARK.match(line)
        if mark:
            yield Block(start, "".join(held))
            start, held = number, []
            line = f"   {line[3:]}" if line[3:].strip() else "\n"
        held.append(line)
    yield Block(start, "".join(held))


def _holds(text: str) -> bool:
    return any(line.strip() and line.lstrip()[0] not in "#%" for line in text.splitlines())
