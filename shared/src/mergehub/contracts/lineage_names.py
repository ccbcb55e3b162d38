"""The names by which lineage knows models: one rule for files, imports and renaming."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

LONGEST: Final = 500
_PART: Final = r"[A-Za-z0-9][\w.-]{0,200}+"
_NAME: Final = rf"{_PART}(?:/{_PART})?+"
_USUAL = re.compile(_NAME, re.ASCII)
"""Names that need no closer look, which are nearly all."""
_ALL_USUAL = re.compile(rf"(?:{_NAME}\n)*+", re.ASCII)
_NOTHING: Final = frozenset({
    "none", "null", "nan", "n/a", "na", "n.a.", "n.a", "-", "unknown", "undefined", "[]", "{}",
    "tbd", "tba", "scratch", "from scratch", "from-scratch", "self",
    "your-model", "your_model", "your-model-here", "your_model_here", "your-model-name",
    "your_model_name", "model-name", "model_name", "username/model-name",
    "your-username/your-model", "your-username/your-model-name", "your-org/your-model",
})  # fmt: skip
"""What people and templates write where there is no model."""
_LONGEST_NOTHING: Final = max(map(len, _NOTHING))
_UNSEEN: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")


def composed(written: str) -> str:
    """The name without spaces around it, and with letters and their accents in one (NFC).

    Two names that differ only in that look the same, and are the same model's.
    """
    name = written.strip()
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def is_nothing(name: str) -> bool:
    """Whether a composed text stands for no model, such as `none` or a template's words."""
    return len(name) <= _LONGEST_NOTHING and (not name or name.lower() in _NOTHING)


def is_usual(written: str) -> bool:
    """Whether a text is a name like most, as it is written: so much needs no closer look."""
    return _USUAL.fullmatch(written) is not None and written.lower() not in _NOTHING


def are_usual(written: Collection[str]) -> bool:
    """Whether all texts are such names: looked at together, in a fraction of the time."""
    together = "".join([f"{each}\n" for each in written])
    if together.count("\n") != len(written) or _ALL_USUAL.fullmatch(together) is None:
        return False
    return _NOTHING.isdisjoint(together.lower().split("\n")[:-1])


def fault(name: str) -> str | None:
    """Why a composed text is no model's name; None if it is one."""
    if is_usual(name):
        return None
    if is_nothing(name):
        return "there is no name here"
    if len(name) > LONGEST:
        return f"the name is longer than {LONGEST} characters"
    if "\ufffd" in name:
        return "the name is not in UTF-8"
    if any(each != " " and unicodedata.category(each) in _UNSEEN for each in name):
        return "the name has a line break or an invisible character"
    return _fault_of_form(name)


def _fault_of_form(name: str) -> str | None:
    if "://" in name:
        return "an address is not a name"
    parts = name.split("/")
    if name[0] in "./~\\" or "\\" in name or any(part[:1] in ("", ".") for part in parts):
        return "a path is not a name"
    if "<" in name or ">" in name:
        return "a name has no < and no >"
    if not (name[0].isalnum() or name[0] == "_"):
        return "a name begins with a letter, a digit or an underscore"
    return None
