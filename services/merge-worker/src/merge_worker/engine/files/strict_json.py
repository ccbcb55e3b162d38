"""JSON that strangers wrote: UTF-8, of bounded depth, with numbers of bounded length."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from merge_worker.engine.errors import CheckpointError

from .reading import Within, read_small

DEPTH: Final = 64
"""Levels of nesting at most."""
VALUES: Final = 8_000_000
"""Values in a text at most, as far as commas and brackets show; a large tokenizer has 2 million."""
DIGITS: Final = 40
"""Digits of a number at most: tokenizers have 10³⁰ for "no limit"."""

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")

Pairs = Callable[[list[tuple[str, Any]]], Any]


def read_json(path: Path, within: Within = None) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        SourceError: there is no such file, or it lies outside `within`.
        CheckpointError: it cannot be read, is too large, or is not a JSON object.
    """
    return json_object(read_small(path, within=within), path)


def read_value(path: Path) -> Any:
    """A JSON value of any kind from a file; raises what `read_json` raises."""
    return _value(read_small(path), path)


def json_object(text: bytes, path: Path) -> dict[str, Any]:
    """The JSON object that the text of a file is; raises CheckpointError if it is none."""
    value = _value(text, path)
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} must hold a JSON object")
    return value


def _value(text: bytes, path: Path) -> Any:
    try:
        return parse_json(text)
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from None


def parse_json(text: bytes, pairs: Pairs | None = None) -> Any:
    """The value of a JSON text; `pairs` makes each object of its names and values.

    Raises:
        ValueError: it is not JSON, or too deep, too large or not UTF-8 in some string.
    """
    if sum(map(text.count, (b",", b"[", b"{"))) > VALUES:
        raise ValueError(f"it has more than {VALUES} values")
    try:
        value = json.loads(
            text.decode("utf-8-sig"),
            object_pairs_hook=pairs,
            parse_int=_integer,
            parse_float=_float,
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
    """Infinity, which is no JSON and yet stands in the limits of some models (Mamba 2)."""
    if name == "NaN":
        raise ValueError("NaN is not a value of JSON")
    return float(name)


def _short(digits: str) -> str:
    if len(digits) > DIGITS:
        raise ValueError(f"a number has {len(digits)} digits; at most {DIGITS} are read")
    return digits


def _check_depth(value: Any) -> None:
    level = _containers([value])
    for _ in range(DEPTH):
        level = _containers(inner for each in level for inner in _inside(each))
    if level:
        raise _too_deep()


def _containers(values: Iterable[Any]) -> list[Any]:
    return [each for each in values if isinstance(each, dict | list)]


def _inside(container: Any) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container


def _too_deep() -> ValueError:
    return ValueError(f"its values are nested more than {DEPTH} deep")
