"""Plain scalars that have another value in YAML 1.1, by which mergekit reads recipes.

`010` is 10 by YAML 1.2 and 8 by YAML 1.1; `1:30`, `1_000` and `yes` are text by YAML 1.2, and 90,
1000 and true by YAML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import yaml

from mergehub.recipe.faults import printable

from .core_schema import CORE, MAX_NUMBER

_resolver: Final = yaml.resolver.Resolver()
_constructor: Final = yaml.constructor.SafeConstructor()
_READERS: Final[dict[str, Callable[[yaml.ScalarNode], Any]]] = {
    f"{CORE}int": _constructor.construct_yaml_int,
    f"{CORE}float": _constructor.construct_yaml_float,
    f"{CORE}bool": _constructor.construct_yaml_bool,
}
_NUMBER_STARTS: Final = frozenset("-+.0123456789")
_WORDS: Final = frozenset({"yes", "no", "true", "false", "on", "off"})
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def otherwise(text: str, value: Any) -> tuple[str, str] | None:
    """Return a message and a hint if a scalar without quotes has another value in YAML 1.1."""
    if not text or len(text) > MAX_NUMBER or _is_same(text):
        return None
    tag = _resolver.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    if tag not in _READERS:
        return None
    try:
        other = _READERS[tag](yaml.ScalarNode(tag, text))
    except ValueError:  # it looks like a number, but even YAML 1.1 cannot read it
        return None
    if other == value or value != value:  # not equal to itself: NaN in both versions
        return None
    here, there = _written(value), _written(other)
    kind = "the text " if isinstance(value, str) else ""
    message = f"{text} is {kind}{here} here, by YAML 1.2; mergekit, by YAML 1.1, reads {there}"
    return message, f"write {here} or {there}, whichever you mean"


def _is_same(text: str) -> bool:
    """Return whether a scalar surely has one value in both, as nearly all have."""
    if text[0] in _NUMBER_STARTS:
        return _DECIMAL.fullmatch(text) is not None
    return text.lower() not in _WORDS


def _written(value: Any) -> str:
    """Return a value as every version of YAML reads it."""
    if isinstance(value, str):
        return f"'{printable(value)}'"
    return str(value).lower()
