"""The tensors of a model that an adapter means, where the two name them differently.

A checkpoint of a vision-language model keeps the names of its first release; transformers renames
them on loading, and PEFT names an adapter's parts as they are then. The names differ in the words
that wrap a part: `language_model.model.layers.0…` is `model.language_model.layers.0…` in memory.
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
    """What an adapter changes, by the names under which its model stores it.

    A name that the model lacks means the one tensor whose name differs from it in wrapping words
    only. Names that fit none, or several, are left as they are; the caller refuses them.

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
    """What to say of how a name differs from those in its model: a sentence's end, or nothing."""
    end = _numbered_end(name)
    other = next((each for each in stored if end and _numbered_end(each) == end), None)
    return f"; it has {other!r}, so the names differ" if other else ""


def _kernel(name: str) -> str:
    """A name without the words that wrap a part; what follows a number is left as it is."""
    head, *rest = _NUMBER.split(name, maxsplit=1)
    kept = [word for word in head.split(".") if word not in _WRAPPERS]
    return ".".join([*kept, *rest])


def _numbered_end(name: str) -> str | None:
    """From a name's first number on."""
    _, *rest = _NUMBER.split(name, maxsplit=1)
    return rest[0] if rest else None
