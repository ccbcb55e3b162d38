"""Notes: what the user of a merged model should know, in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MOST: Final = 50
"""The most notes; the last one counts those that are left out."""
LONGEST: Final = 500
"""The most characters of a note."""


def bounded(sentences: Iterable[str]) -> tuple[str, ...]:
    """The sentences, each once, in printable characters; at most `MOST`.

    They quote names that strangers chose: so long ones are cut, and control characters replaced.
    """
    notes = list(dict.fromkeys(map(_shown, sentences)))
    if len(notes) <= MOST:
        return tuple(notes)
    return (*notes[: MOST - 1], f"There are {len(notes) - MOST + 1} more notes.")


def section(notes: Iterable[str]) -> str:
    """The notes as a section of a model card, or "" if there are none."""
    listed = "".join(f"- {_escaped(note)}\n" for note in notes)
    return f"## Notes\n\n{listed}\n" if listed else ""


def _shown(sentence: str) -> str:
    cut = sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - 1]}…"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cut)


def _escaped(note: str) -> str:
    """The note as Markdown text, escaped so that no part of it is a tag, a link or code."""
    return note.replace("\\", "\\\\").replace("<", "\\<").replace("`", "\\`").replace("](", "]\\(")
