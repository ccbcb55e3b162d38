"""The columns of models and of their variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaderboard.memory.arrays import (
    NOTHING,
    Codes8,
    Codes16,
    Days,
    Flags,
    Integers,
    Numbers,
    Values,
)
from leaderboard.memory.parents import Parents
from mergehub.columns.codes import Codes

CLAIMABLE = ("family", "licence", "parameters")
"""What an import may claim of a model. Each has a bit in `ModelColumns.claimed`, in this order."""


@dataclass(frozen=True)
class Vocabulary:
    """The codes of each kind of text. A set of domains or flags is one text (`set_text`)."""

    kind: Codes = field(default_factory=Codes)
    method: Codes = field(default_factory=Codes)
    architecture: Codes = field(default_factory=Codes)
    family: Codes = field(default_factory=Codes)
    licence: Codes = field(default_factory=Codes)
    domains: Codes = field(default_factory=Codes)
    flags: Codes = field(default_factory=Codes)
    precision: Codes = field(default_factory=Codes)


@dataclass(frozen=True, eq=False)
class ModelColumns:
    """What is known of each model, by its index.

    A change makes a new object; one that is the same object has not changed.

    - `names`: as written first; `index` by names in lower case. Both may have later models, too.
    - `rank`: the place of the name among all, without regard to case.
    - `known`: lineage knows the model.
    - `merged`: lineage says that it is a merge.
    - `parameters`: NaN if unknown.
    - `claimed`: bits of `CLAIMABLE` that lineage does not know, so that an import's claim stands.
    """

    id: Integers
    names: Sequence[str]
    index: Mapping[str, int]
    rank: Numbers
    known: Flags
    merged: Flags
    kind: Codes16
    method: Codes16
    architecture: Codes16
    family: Codes16
    licence: Codes16
    domains: Codes16
    flags: Codes16
    parameters: Values
    claimed: Codes8
    made_on: Days
    parents: Parents

    def __len__(self) -> int:
        return len(self.id)

    def claims(self, model: int) -> list[str]:
        """What is only claimed of a model."""
        bits = int(self.claimed[model])
        return [name for place, name in enumerate(CLAIMABLE) if bits >> place & 1]

    def from_lineage(self, name: str) -> NDArray[Any]:
        """One of the `CLAIMABLE` columns without what is only claimed, which is unknown in it."""
        column = getattr(self, name)
        claimed = (self.claimed >> CLAIMABLE.index(name) & 1).astype(np.bool_)
        unknown = np.nan if column.dtype.kind == "f" else 0
        return np.where(claimed, unknown, column).astype(column.dtype)

    def find(self, name: str) -> int | None:
        """The index of the model of this name, in any case."""
        index = self.index.get(name.lower())
        return None if index is None or index >= len(self) else index


@dataclass(frozen=True, eq=False)
class VariantColumns:
    """What a result measures: a model in a revision and a precision, by its index.

    - `revisions`: empty if unknown. Others may have been added behind `len(id)`.
    """

    id: Integers
    model: Numbers
    revisions: Sequence[str]
    precision: Codes16

    def __len__(self) -> int:
        return len(self.id)

    @cached_property
    def by_model(self) -> tuple[Numbers, Numbers]:
        """All variants sorted by their model, and where those of each model begin."""
        order = np.argsort(self.model, kind="stable").astype(np.int32)
        size = int(self.model.max()) + 1 if len(self.model) else 0
        starts = np.searchsorted(self.model[order], np.arange(size + 1)).astype(np.int32)
        return order, starts

    def of(self, model: int) -> Numbers:
        """The variants of a model."""
        order, starts = self.by_model
        return order[starts[model] : starts[model + 1]] if model + 1 < len(starts) else NOTHING
