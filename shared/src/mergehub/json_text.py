"""JSON as commands print it: readable text without control characters for the terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

BEYOND_ASCII = re.compile(r"[^\n -~]")


def json_text(
    value: Any,
    *,
    encoding: str = "utf-8",
    indent: int | None = None,
    default: Callable[[Any], Any] = str,
) -> str:
    """The value as JSON; a character that is unprintable or not in the encoding is escaped."""
    text = json.dumps(value, indent=indent, default=default, ensure_ascii=False)
    return BEYOND_ASCII.sub(lambda found: _shown(found[0], encoding), text)


def _shown(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(character)[1:-1]
    return character if character.isprintable() else json.dumps(character)[1:-1]
