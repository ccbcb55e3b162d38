"""Several comparisons at once: some look clear by chance, so each has to be clearer."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Literal

from leaderboard.statistics.intervals import ALPHA, Estimate, z

Verdict = Literal["better", "worse", "no clear difference"]


def verdict(difference: Estimate) -> Verdict:
    """What an interval says: whether zero is inside, and nothing else."""
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < 0 else "no clear difference"


def level(difference: Estimate) -> float:
    """A p-value from a 95 % interval, which is below 0.05 exactly if zero is outside.

        p = 2 · Φ(-z · |value| / reach)

    where `reach` is how far the interval goes from its value towards zero.
    """
    value = difference.value
    reach = value - difference.low if value > 0 else difference.high - value
    if not reach:
        return 1.0 if not value else 0.0
    return 2 * statistics.NormalDist().cdf(-z(ALPHA) * abs(value) / reach)


def alphas(p_values: Sequence[float], alpha: float = ALPHA) -> list[float]:
    """The alpha for the interval of each comparison of a family, by Holm's procedure.

    The smallest of m p-values is compared with α/m, the next with α/(m - 1), and so on. The first
    that is not below its own and all after it have the alpha of that one, so that the intervals
    of exactly those comparisons leave zero out that Holm's procedure finds. The chance that any
    verdict of the family is wrong is at most α.
    S. Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    found = [alpha] * len(p_values)
    current, failed = alpha, False
    for place, index in enumerate(sorted(range(len(p_values)), key=lambda each: p_values[each])):
        if not failed:
            current = alpha / (len(p_values) - place)
            failed = p_values[index] >= current
        found[index] = current
    return found


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values: below α exactly for the comparisons that the procedure finds."""
    found, largest = [1.0] * len(p_values), 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=lambda each: p_values[each])):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        found[index] = largest
    return found
