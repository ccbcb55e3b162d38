"""Single values of result files: numbers, precisions, days, sizes."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from typing import Any

from mergehub.lineage_files.values import day, size

NOTHING = frozenset({
    "", "-", "--", "–", "—", "n/a", "na", "n.a.", "n.a", "nan", "none", "null", "nil", "?", "tbd",
    "tba", "todo", "missing", "not available", "pending", "...", "…", "#n/a", "unknown", "/", "x",
})  # fmt: skip
"""What people write where there is no value."""
PRECISIONS = {
    "bf16": "bfloat16", "fp16": "float16", "half": "float16", "fp32": "float32",
    "float": "float32", "int8": "8bit", "8-bit": "8bit", "load_in_8bit": "8bit",
    "4-bit": "4bit", "load_in_4bit": "4bit", "nf4": "4bit", "int4": "4bit", "fp8": "float8",
}  # fmt: skip
_PRECISION = re.compile(r"[a-z0-9][a-z0-9_.+-]{0,39}")
_TRUE = frozenset({"true", "yes", "y", "1", "1.0", "t", "✅", "✓", "✔", "✔️", "☑", "☑️", "x", "on"})
_FALSE = frozenset({"false", "no", "n", "0", "0.0", "f", "❌", "✗", "✘", "off", "🚫"})
LARGEST = 2**53 - 1


def number(value: Any) -> float | None:
    """A finite number that is one in JSON or YAML already; never text, true or false."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def count(value: Any) -> int | None:
    """A whole number above 0."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() and 0 < found < 2**31 else None


def shots(value: Any) -> int | None:
    """A number of worked examples, also as text."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,4}", value.strip()):
        value = int(value)
    found = number(value)
    return int(found) if found is not None and found.is_integer() and 0 <= found <= 10_000 else None


def text(value: Any, longest: int = 200) -> str | None:
    """A short printable text on one line, or a number as text; empty ones are None."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    found = " ".join(str(value).split()) if isinstance(value, str | int | float) else ""
    return found if 0 < len(found) <= longest and found.isprintable() else None


def truth(value: Any) -> bool | None:
    """Whether a cell says yes or no; None if it says neither."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int | float) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def precision(value: Any) -> str | None:
    """The name of a precision in lower case: `bfloat16` for `torch.bfloat16` and `BF16`."""
    word = str(value).strip().lower().removeprefix("torch.") if isinstance(value, str) else ""
    if word in NOTHING or word in ("auto", "other") or not _PRECISION.fullmatch(word):
        return None
    return PRECISIONS.get(word, word)


def moment(value: Any) -> date | None:
    """The day of an ISO time or of seconds since 1970, also as text."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and not re.fullmatch(r"\d{9,11}(\.\d{1,12})?", value.strip()):
        return day(value)
    try:
        seconds = float(value)
        found = datetime.fromtimestamp(seconds, UTC).date() if seconds > 10**8 else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found if found is not None and found.year < 9999 else None


def parameters(value: Any, unit: float = 1) -> int | None:
    """A count of parameters: a number of units, or text such as `7B`; 0 and less is unknown."""
    if isinstance(value, str) and (found := size(value.replace(" ", ""))) and unit == 1:
        return found
    try:
        told = float(str(value).rstrip("bB ")) if isinstance(value, str | int | float) else 0.0
    except ValueError:
        return None
    read = round(told * unit) if math.isfinite(told) and 0 < told * unit <= LARGEST else 0
    return read or None
