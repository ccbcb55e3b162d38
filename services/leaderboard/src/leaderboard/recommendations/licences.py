"""Whether the licences of models agree, as far as a program can say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from mergehub.contracts.licences.terms import exclude, forbids, terms

Verdict = Literal["agree", "unknown", "conflict"]


@dataclass(frozen=True)
class Agreement:
    """Whether a merge can keep all licences, and why as sentences.

    `unknown`: a licence is not known, or the hub does not know its terms. `conflict`: no licence of
    a merge can keep them all, or one allows no derived models.
    """

    verdict: Verdict
    reasons: list[str]


def agreement(licences: Sequence[str]) -> Agreement:
    """What the licences of models, of their ancestors too, say together; empty: unknown."""
    known = sorted({each for each in licences if each and terms(each)})
    broken = [
        f"{each} does not allow derived models to be passed on." for each in known if forbids(each)
    ]
    broken += [
        f"No licence of a merge can keep both {one} and {other}."
        for one, other in combinations(known, 2)
        if exclude(one, other)
    ]
    if broken:
        return Agreement("conflict", broken)
    if "" in licences:
        return Agreement("unknown", ["The licence of a model is not known."])
    unknown = sorted({each for each in licences if not terms(each)})
    if unknown:
        words = f"The hub does not know the terms of {', '.join(unknown)}."
        return Agreement("unknown", [words])
    return Agreement("agree", [])
