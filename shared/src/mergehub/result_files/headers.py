"""The names of columns as people write them, without what only decorates them."""

from __future__ import annotations

import html
import re
import unicodedata

_TAG = re.compile(r"<[^<>]{0,2000}>")
_LINK = re.compile(r"!?\[([^\[\]]{0,500})\]\([^()\s]{0,2000}\)")
_MARKS = re.compile(r"[*`~]+|(?<!\w)_+|_+(?!\w)")
_TEX = re.compile(r"\\(?:textbf|textit|mathbf|underline|text|bf|it)\b|[${}]|\\(?=%)")
"""What TeX puts around a text."""
_DECORATION = ("So", "Sk", "Cf", "Co", "Cs", "Cn")
_ARROWS = "↑↓⬆⬇▲▼△▽⇧⇩⇑⇓↗↘"
LONGEST = 500
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9/.-]{0,498}[A-Za-z0-9])?")
"""Texts that have no decoration, which are nearly all."""


def cleaned(written: str) -> str:
    """The text without HTML, Markdown, TeX, emoji and arrows, with single spaces."""
    if _PLAIN.fullmatch(written):
        return written
    text = html.unescape(_TAG.sub(" ", written[: 10 * LONGEST]))
    if "\\" in text or "$" in text:
        text = _TEX.sub("", text)
    text = _MARKS.sub("", _LINK.sub(r"\1", text))
    kept = (
        " " if each in _ARROWS or unicodedata.category(each) in _DECORATION else each
        for each in text
        if each not in "\ufe0e\ufe0f\u200d"
    )  # fmt: skip
    return " ".join("".join(kept).split())[:LONGEST]


def bare(written: str) -> str:
    """The letters and digits of a cleaned name, in lower case, as names are compared."""
    text = unicodedata.normalize("NFKC", cleaned(written)).lower()
    return re.sub(r"[^a-z0-9]", "", text)
