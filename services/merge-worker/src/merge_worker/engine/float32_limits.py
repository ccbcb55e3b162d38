"""Parameters that the arithmetic, which is float32, cannot hold: alone or taken together."""

from __future__ import annotations

from collections.abc import Sequence

from .dtypes import finite_in_float32
from .method import Values


def beyond_float32(settings: Values, models: Sequence[Values]) -> str | None:
    """What of a tensor's parameters float32 cannot hold; None if it can hold all of them.

    Together means the sum of the weights, which `normalize` divides by, and that times lambda.
    """
    for values in (settings, *models):
        for name, value in values.items():
            if isinstance(value, int | float) and not finite_in_float32(value):
                return f"{name} is {value}, which float32 cannot hold"
    total = sum(abs(float(each["weight"])) for each in models if "weight" in each)
    if not finite_in_float32(total):
        return f"the weights sum up to {total:g} without their signs, which float32 cannot hold"
    scaled = total * abs(float(settings.get("lambda", 1)))
    if not finite_in_float32(scaled):
        return f"lambda times the weights is {scaled:g}, which float32 cannot hold"
    return None
