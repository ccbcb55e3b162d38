"""Notes: what whoever uses a merged model should know, in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MOST: Final = 50
"""Notes at most; the last one counts those that are left out."""
LONGEST: Final = 500
"""Characters of a note at most."""


def bounded(sentences: Iterable[str]) -> tuple[str, ...]:
    """The sentences, each once, in characters that can be shown; no more than `MOST`.

    They quote names that strangers chose, so a long one is cut and a control character replaced.
    """
    notes = list(dict.fromkeys(map(_shown, sentences)))
    if len(notes) <= MOST:
        return tuple(notes)
    return (*notes[: MOST - 1], f"There are {len(notes) - MOST + 1} more notes.")


def section(notes: Iterable[str]) -> str:
    """The notes as a section of a model card, empty where there are none."""
    listed = "".join(f"- {_escaped(note)}\n" for note in notes)
    return f"## Notes\n\n{listed}\n" if listed else ""


def _shown(sentence: str) -> str:
    cut = sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - 1]}…"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cut)


def _escaped(note: str) -> str:
    """The note in Markdown, without what would be a tag, a link or code there."""
    return note.replace("\\", "\\\\").replace("<", "\\<").replace("`", "\\`").replace("](", "]\\(")
