"""Reads JSON that strangers wrote: UTF-8, with bounded depth and numbers of bounded length."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from merge_worker.engine.errors import CheckpointError

from .reading import Within, read_small

DEPTH: Final = 64
"""The most levels of nesting."""
VALUES: Final = 8_000_000
"""The most values in a text, judged by commas and brackets; a large tokenizer has 2 million."""
DIGITS: Final = 40
"""The most digits of a number; tokenizers write 10³⁰ for "no limit"."""

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_LONG: Final = re.compile(rb"[-+.eE0-9]{%d}" % DIGITS)

Pairs = Callable[[list[tuple[str, Any]]], Any]


def read_json(path: Path, within: Within = None) -> dict[str, Any]:
    """Read a JSON object from a file.

    Raises:
        SourceError: the file does not exist, or it is outside `within`.
        CheckpointError: it cannot be read, is too large, or is not a JSON object.
    """
    return json_object(read_small(path, within=within), path)


def read_value(path: Path) -> Any:
    """Read a JSON value of any kind from a file; raises what `read_json` raises."""
    return _value(read_small(path), path)


def json_object(text: bytes, path: Path) -> dict[str, Any]:
    """Read the text of a file as a JSON object; raises CheckpointError if it is not one."""
    value = _value(text, path)
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} must contain a JSON object")
    return value


def _value(text: bytes, path: Path) -> Any:
    try:
        return parse_json(text)
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from None


def parse_json(text: bytes, pairs: Pairs | None = None) -> Any:
    """Read a JSON text; `pairs` makes each object from its names and values.

    Raises:
        ValueError: it is not JSON, is too deep or too large, or a string in it is not UTF-8.
    """
    if sum(map(text.count, (b",", b"[", b"{"))) > VALUES:
        raise ValueError(f"it has more than {VALUES} values")
    long = _LONG.search(text)  # json is faster where it reads the numbers itself
    try:
        value = json.loads(
            text.decode("utf-8-sig"),
            object_pairs_hook=pairs,
            parse_int=_integer if long else None,
            parse_float=_float if long else None,
            parse_constant=_infinity,
        )
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ValueError("a character is not valid UTF-8 or half of a pair") from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth(value)
    return value


def _integer(digits: str) -> int:
    return int(_short(digits))


def _float(digits: str) -> float:
    return float(_short(digits))


def _infinity(name: str) -> float:
    """Infinity, which is not JSON but appears in the limits of some models (Mamba 2)."""
    if name == "NaN":
        raise ValueError("NaN is not a JSON value")
    return float(name)


def _short(digits: str) -> str:
    if len(digits) > DIGITS:
        raise ValueError(f"a number has {len(digits)} digits; the limit is {DIGITS}")
    return digits


def _check_depth(value: Any) -> None:
    level = _containers([value])
    for _ in range(DEPTH):
        if not level:
            return
        level = _containers(inner for each in level for inner in _inside(each))
    if level:
        raise _too_deep()


def _containers(values: Iterable[Any]) -> list[Any]:
    return [each for each in values if isinstance(each, dict | list)]


def _inside(container: Any) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container


def _too_deep() -> ValueError:
    return ValueError(f"its values are nested more than {DEPTH} levels deep")
