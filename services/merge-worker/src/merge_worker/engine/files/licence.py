"""The licence that a model's card states, found without believing the rest of the card."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from merge_worker.engine.errors import EngineError

from .reading import Within, opened, read_all

CARD: Final = "README.md"
FRONT: Final = 64 << 10
"""Bytes of a card that are looked at."""

_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
# One plain word, as the Hugging Face Hub's names of licences are: no YAML is parsed, which could
# be made to grow without end.
_LICENCE: Final = re.compile(
    r"^license:[ \t]+(['\"]?)([A-Za-z0-9][\w.+-]{0,99})\1[ \t]*(?:#.*)?\r?$", re.MULTILINE
)


def licence_of(folder: Path, within: Within = None) -> str | None:
    """The licence in the metadata of a model's card; None if there is none to be read."""
    if not os.path.lexists(folder / CARD):
        return None
    try:
        with opened(folder / CARD, within) as descriptor:
            text = read_all(descriptor, FRONT).decode("utf-8", "replace")
    except EngineError:
        return None  # a card is no part of the model
    front = _FRONT_MATTER.match(text)
    found = _LICENCE.search(front[1]) if front else None
    return found[2] if found else None
