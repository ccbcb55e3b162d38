"""What the catalogue knows of a recipe beside its row."""

from __future__ import annotations

import math
from dataclasses import dataclass

from registry.search.catalogue.catalogue import NONE, Catalogue


@dataclass(frozen=True)
class Facts:
    """A recipe's base, how many models it merges, and its size and uplift, if they are known."""

    base: str | None
    ingredients: int
    size: float | None
    uplift: float | None


def facts(catalogue: Catalogue, number: int) -> Facts:
    """The facts of the recipe with this number."""
    slot = catalogue.slot(number)
    if slot == NONE:  # it was deleted just now
        return Facts(None, 0, None, None)
    columns = catalogue.numbers.columns
    base = catalogue.values.of_entry("base", slot)
    return Facts(
        base=base[0] if base else None,
        ingredients=int(columns["ingredients"].all[slot]),
        size=_known(columns["size"].all[slot]),
        uplift=_known(columns["uplift"].all[slot]),
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
