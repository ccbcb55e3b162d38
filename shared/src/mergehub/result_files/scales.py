"""Whether scores are written from 0 to 1 or from 0 to 100, and scores in which a guess is 0."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from mergehub.result_files.naming import Named

Scale = Literal["0-1", "0-100", "natural"]
ONE: Final = "0-1"
HUNDRED: Final = "0-100"
NATURAL: Final = "natural"
ROUNDED = 1e-9
DIGITS = 12
_NATURAL = re.compile(
    r"perplexity|\bppl\b|\bloss\b|\belo\b|bits?[ _-]per[ _-]byte|\bbpb\b|mt[ _-]?bench|\brating\b|"
    r"arena|latency|\brmse\b|\bmse\b|\bmae\b|\bseconds?\b|tokens?[ _/]",
    re.IGNORECASE,
)
"""Words for scores that are no shares of anything."""


class NotAShare(ValueError):
    """A score that cannot be on its scale; the message says why."""


def is_natural(*words: str | None) -> bool:
    """Whether a metric or column is called like one whose scores are no shares."""
    return any(word and _NATURAL.search(word) for word in words)


def guessed(scores: Iterable[float]) -> Scale | None:
    """The scale of scores that are written alike: most of them decide; None without any."""
    found = [score for score in scores if score not in (0, 1)]
    if not found:
        return None
    return HUNDRED if sum(score > 1 for score in found) * 2 >= len(found) else ONE


def share(score: float, scale: Scale, named: Named | None = None) -> float:
    """The score as a share of 1.

    Raises:
        NotAShare: it is out of range, or so far below a guess that it is on the other scale.
    """
    if scale == NATURAL:
        return score
    found = of_hundred(score) if scale == HUNDRED else score
    if not -ROUNDED <= found <= 1 + ROUNDED:
        raise NotAShare(f"{score:g} is not on the scale {scale}")
    small = scale == HUNDRED and 0 < score <= 1
    baseline = named.baseline if small and named else None
    if baseline and found < baseline / 2 <= score:
        raise NotAShare(
            f"{score:g} of 100 is far below what a guess scores ({100 * baseline:.3g}): it seems "
            "to be on the scale 0-1, unlike the rest"
        )
    return min(max(found, 0.0), 1.0)


def of_hundred(percentage: float) -> float:
    """The share that a percentage is, without the noise of its last binary digits."""
    return round(percentage / 100, DIGITS)


def raw_of(normalised: float, scale: Scale, named: Named) -> float:
    """The share that a normalised score stands for: a guess is 0 in it, and perfection 100 or 1.

    Raises:
        NotAShare: the benchmark has no baseline, or one by subtasks, of which a mean says nothing.
    """
    metric = named.known.metrics.get(named.metric or "") if named.known else None
    if metric is None or metric.baseline is None:
        raise NotAShare("a normalised score, and no baseline is known to convert it with")
    parts = metric.baseline.subtasks.values()
    if named.subtask is None and len({each.expected for each in parts}) > 1:
        raise NotAShare(
            "a normalised score, which is the mean over subtasks with baselines of their own: the "
            "raw score does not follow from it"
        )
    baseline = named.baseline or 0.0
    of_one = normalised / 100 if scale == HUNDRED else normalised
    if of_one == 0 and baseline:
        raise NotAShare("a normalised score of 0 may be any score up to a guess's")
    found = baseline + of_one * (1 - baseline)
    if not -ROUNDED <= found <= 1 + ROUNDED:
        raise NotAShare(f"{normalised:g} is not on the scale {scale}")
    return min(max(found, 0.0), 1.0)
