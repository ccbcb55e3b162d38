"""Why a text is not YAML, with the line where it ceases to be and a mark below the place."""

from __future__ import annotations

import re

import yaml

from .faults import Fault, printable
from .odd_characters import odd_character

# What YAML allows to stand in a stream.
_NOT_PRINTABLE = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# An expression whose brackets, commas or backslashes are taken for YAML's own.
_FILTER = re.compile(r"filter:[ \t]*\"?/")
_BEFORE, _AFTER = 50, 20


def not_text(text: str) -> Fault | None:
    """The fault of the first character that no YAML may hold, or None."""
    found = _NOT_PRINTABLE.search(text)
    if found is None:
        return None
    start = found.start()
    line, column = text.count("\n", 0, start), start - (text.rfind("\n", 0, start) + 1)
    problem = f"the character U+{ord(found.group()):04X} is not allowed in YAML"
    return _fault(problem, text, line, column, _hint(text, line, column))


def syntax_fault(error: yaml.YAMLError, text: str) -> Fault:
    """The fault that the parser found in a text."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be parsed"
    if mark is None:
        return Fault("", "yaml", f"this is not valid YAML: {problem}")
    # A sign that is none to YAML makes one text of its line and the next.
    for line in (mark.line, mark.line - 1):
        if line >= 0 and (odd := odd_character(_line(text, line))):
            return _fault(odd.problem, text, line, odd.column, odd.hint)
    return _fault(problem, text, mark.line, mark.column, _hint(text, mark.line, mark.column))


def _fault(problem: str, text: str, line: int, column: int, hint: str | None = None) -> Fault:
    where = f"at line {line + 1}, column {column + 1}"
    message = f"this is not valid YAML {where}: {problem}\n{_shown(text, line, column)}"
    return Fault("", "yaml", message, hint, line + 1)


def _shown(text: str, line: int, column: int) -> str:
    """The piece of the line around a column, and below it a mark."""
    start = max(0, column - _BEFORE)
    piece = _line(text, line)[start : column + _AFTER]
    return f"  {printable(piece)}\n  {' ' * (column - start)}^"


def _line(text: str, line: int) -> str:
    """The line of that index."""
    start = 0
    for _ in range(line):
        start = text.find("\n", start) + 1
    end = text.find("\n", start)
    return text[start:end] if end >= 0 else text[start:]


def _hint(text: str, line: int, column: int) -> str | None:
    if "\t" in _line(text, line)[: column + 1]:
        return "indent with spaces: YAML does not take tabs"
    if _FILTER.search(_line(text, line)):
        return "put the regular expression in single quotes: filter: '/…/'"
    return None
