"""Check text and plain data against the limits, then read documents from them.

YAML is read by the core schema of YAML 1.2 alone (`core_schema`), plus merge keys `<<`, since
mergekit's recipes use them. A key that appears twice in one mapping is a fault, so that no value
is lost silently.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import yaml

from mergehub.recipe.faults import Fault, RecipeError, excerpt

from .errors import not_text, syntax_fault
from .events import Loaded, Reader
from .limits import MAX_CHARACTERS, MAX_DIRECTIVES, MAX_KEY, Size, check_depth, too_large
from .usual import usual

_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
_BYTE_ORDER_MARK = "\ufeff"
MAX_BITS = 256

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_documents(text: str) -> list[Loaded]:
    """Read every YAML document of a text; repeated keys and foreign tags become its faults.

    Raises:
        RecipeError: the text is not YAML at all or exceeds a limit.
    """
    if (data := usual(text)) is not None:
        return [Loaded(data, lines=cache(lambda: parsed(text)[0].lines()))]
    return parsed(text)


def parsed(text: str) -> list[Loaded]:
    """The same, all by the parser. Raises RecipeError."""
    text = text.removeprefix(_BYTE_ORDER_MARK)
    if len(text) > MAX_CHARACTERS:
        raise too_large(f"the document is longer than {MAX_CHARACTERS} characters")
    if fault := not_text(text):
        raise RecipeError([fault])
    # The parser compares each directive with all directives before it.
    if len(re.findall(r"^%", text, re.MULTILINE)) > MAX_DIRECTIVES:
        raise too_large(f"the text has more than {MAX_DIRECTIVES} lines that begin with '%'")
    try:
        return Reader(yaml.parse(text, Loader=_Loader)).documents()
    except yaml.YAMLError as error:
        raise RecipeError([syntax_fault(error, text)]) from None


def check_plain(data: Any) -> None:
    """Check plain data that did not come from YAML against the same limits.

    Raises:
        RecipeError: the data is nested too deeply, has too many values, or contains half of a
          character.
    """
    pending, size = [(data, 0)], Size()
    while pending:
        value, depth = pending.pop()
        check_depth(depth)
        size.add(1, len(value) if isinstance(value, str) else 0)
        _check_scalar(value)
        if isinstance(value, dict):
            for key in value:
                _check_key(key, size)
            pending += [(each, depth + 1) for each in value.values()]
        elif isinstance(value, list):
            pending += [(each, depth + 1) for each in value]


def _check_key(key: str, size: Size) -> None:
    size.add(0, len(key))
    _check_scalar(key)
    if len(key) > MAX_KEY:
        raise too_large(f"the key {excerpt(key)} is longer than {MAX_KEY} characters")


def _check_scalar(value: Any) -> None:
    if isinstance(value, str) and _HALF_CHARACTER.search(value):
        message = f"{excerpt(value)} contains half of a character (a lone surrogate)"
        raise RecipeError([Fault("", "yaml", message)])
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise too_large(f"a number has more than {MAX_BITS} bits")
