"""How a release is cited."""

from __future__ import annotations

import re
from datetime import datetime


def text(title: str, number: int, created_at: datetime, url: str, digest: str) -> str:
    """A sentence for a list of references."""
    return (
        f"{title}, release {number} ({created_at:%Y-%m-%d}). Mergehub leaderboard. {url} ({digest})"
    )


def bibtex(board: str, title: str, number: int, created_at: datetime, url: str, digest: str) -> str:
    """An entry for BibTeX."""
    key = re.sub(r"[^a-z0-9]+", "-", board.lower())
    fields = {
        "title": f"{{{_escaped(title)}, release {number}}}",
        "howpublished": f"{{Mergehub leaderboard, \\url{{{url}}}}}",
        "year": f"{{{created_at:%Y}}}",
        "month": f"{{{created_at.month}}}",
        "note": f"{{{digest}}}",
    }
    lines = ",\n".join(f"  {name} = {value}" for name, value in fields.items())
    return f"@misc{{{key}-{number},\n{lines}\n}}\n"


def _escaped(title: str) -> str:
    """The title without what TeX would take for a command."""
    return re.sub(r"([&%$#_{}])", r"\\\1", title.replace("\\", "/"))
