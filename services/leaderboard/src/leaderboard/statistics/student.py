"""Quantiles of Student's distribution, for means of few values."""

from __future__ import annotations

import math

from leaderboard.statistics.intervals import z


def t(alpha: float, freedom: int) -> float:
    """How many standard errors an interval reaches to each side: t(1 - α/2; freedom).

    Exact for 1 and 2 degrees of freedom, and to 1 % from 3 on. Student (1908), Biometrika 6, 1-25;
    Abramowitz and Stegun (1964), 26.7.5.
    """
    if freedom == 1:
        return math.tan(math.pi / 2 * (1 - alpha))
    if freedom == 2:
        share = 1 - alpha / 2
        return (2 * share - 1) / math.sqrt(2 * share * (1 - share))
    x = z(alpha)
    terms = (
        x,
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return math.fsum(term / freedom**power for power, term in enumerate(terms))
