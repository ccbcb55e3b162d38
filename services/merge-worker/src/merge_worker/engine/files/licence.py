"""The licence that a model's card states, found without trusting the rest of the card."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from merge_worker.engine.errors import EngineError

from .reading import Within, opened, read_all

CARD: Final = "README.md"
FRONT: Final = 64 << 10
"""How many bytes of a card are read."""

_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
# One plain word, like the Hugging Face Hub's names of licences. No YAML is parsed, since a card
# could make that grow without limit.
_LICENCE: Final = re.compile(
    r"^license:[ \t]+(['\"]?)([A-Za-z0-9][\w.+-]{0,99})\1[ \t]*(?:#.*)?\r?$", re.MULTILINE
)


def licence_of(folder: Path, within: Within = None) -> str | None:
    """The licence in the metadata of a model's card, or None if it states none."""
    if not os.path.lexists(folder / CARD):
        return None
    try:
        with opened(folder / CARD, within) as descriptor:
            text = read_all(descriptor, FRONT).decode("utf-8", "replace")
    except EngineError:
        return None  # a card is not part of the model
    front = _FRONT_MATTER.match(text)
    found = _LICENCE.search(front[1]) if front else None
    return found[2] if found else None
