"""Finds the tensors of a model that an adapter means, if the two name them differently.

A checkpoint of a vision-language model keeps the names of its first release. transformers renames
them when it loads the model, and PEFT uses those new names. The names differ in the words that wrap
a part: `language_model.model.layers.0…` is `model.language_model.layers.0…` in memory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final, TypeVar

from merge_worker.engine.errors import PlanError

_WRAPPERS: Final = frozenset(("model", "language_model", "vision_model"))
_NUMBER: Final = re.compile(r"\.(?=\d)")

T = TypeVar("T")


def by_stored_name(updates: Mapping[str, T], stored: Collection[str], adapter: str) -> dict[str, T]:
    """Return what an adapter changes, by the names under which its model stores it.

    A name that the model lacks means the only tensor whose name differs from it just in wrapping
    words. A name that fits no tensor, or several, is unchanged; the caller refuses it.

    Raises:
        PlanError: two names mean the same tensor.
    """
    if all(name in stored for name in updates):
        return dict(updates)
    kernels = Counter(map(_kernel, stored))
    by_kernel = {kernel: name for name in stored if kernels[kernel := _kernel(name)] == 1}
    found: dict[str, T] = {}
    for name, update in updates.items():
        meant = name if name in stored else by_kernel.get(_kernel(name), name)
        if meant in found:
            raise PlanError(f"the adapter of {adapter} changes {meant!r} twice, by two names")
        found[meant] = update
    return found


def unlike(name: str, stored: Collection[str]) -> str:
    """Return how a name differs from a similar one in its model: a sentence's end, or ""."""
    end = _numbered_end(name)
    other = next((each for each in stored if end and _numbered_end(each) == end), None)
    return f"; it has {other!r}, so their names differ" if other else ""


def _kernel(name: str) -> str:
    """A name without the words that wrap a part; what follows a number is unchanged."""
    head, *rest = _NUMBER.split(name, maxsplit=1)
    kept = [word for word in head.split(".") if word not in _WRAPPERS]
    return ".".join([*kept, *rest])


def _numbered_end(name: str) -> str | None:
    """The part of a name from its first number on, or None."""
    _, *rest = _NUMBER.split(name, maxsplit=1)
    return rest[0] if rest else None
