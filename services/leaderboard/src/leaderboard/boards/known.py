"""Values of filters that the hub does not know: refused for closed sets, else with near names."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from leaderboard.boards.filtering.filters import Filters
from leaderboard.facts.precisions import PRECISIONS
from leaderboard.memory.columns import ModelColumns
from leaderboard.memory.facts import Facts
from mergehub.benchmarks.definition import DomainName
from mergehub.columns.codes import UNKNOWN, Codes, members_of
from mergehub.contracts.licences.identifiers import IDENTIFIERS
from mergehub.kit.near_names import near_names
from mergehub.kit.problems.problem import FieldFault, Invalid
from mergehub.recipe import catalogue
from mergehub.recipe.faults import did_you_mean, excerpt

REFUSED = {
    "method": "no model was made by the method {}",
    "domain": "no model is for the domain {}",
    "precision": "no model has the precision {}",
    "licence": "no model is under the licence {}",
}
MOST_NAMES = 2_000
"""The most used bases, among which similar names are looked for."""
MOST_VALUES = 5


def check(where: Filters, facts: Facts) -> None:
    """Raise Invalid for values of closed sets that neither Mergehub nor a model of the hub has."""
    faults = [
        FieldFault(
            pointer=f"/query/{name}",
            code=f"unknown_{name}",
            detail=refusal.format(excerpt(value)),
            suggestion=did_you_mean(value, known),
        )
        for name, refusal in REFUSED.items()
        if getattr(where, name)
        for known in [_closed(name, facts)]
        for value in getattr(where, name)
        if value not in known
    ]
    if faults:
        pointers = ", ".join(dict.fromkeys(each.pointer for each in faults))
        raise Invalid(f"Not valid: {pointers}.", errors=faults)


def _closed(name: str, facts: Facts) -> set[str]:
    """The values that this filter takes."""
    codes = facts.codes
    if name == "method":
        return {*catalogue(), *_texts(codes.method), UNKNOWN}
    if name == "precision":
        return {*PRECISIONS, *_texts(codes.precision), UNKNOWN}
    if name == "licence":
        return {*IDENTIFIERS, *_texts(codes.licence), UNKNOWN}
    own = {member for text in codes.domains for member in members_of(text)}
    return {*get_args(DomainName), *own, UNKNOWN}


def _texts(codes: Codes) -> set[str]:
    return {*codes} - {""}


def suggestions(where: Filters, facts: Facts) -> list[dict[str, Any]]:
    """The bases and families that are asked for and not known, each with names like it."""
    families = sorted(_texts(facts.codes.family), key=lambda each: (len(each), each))
    asked = [("base", each) for each in where.base or () if facts.models.find(each) is None]
    asked += [("family", each) for each in where.family or () if each not in {*families, UNKNOWN}]
    return [
        {
            "filter": name,
            "value": value,
            "near": near_names(value, _bases(facts.models) if name == "base" else families),
        }
        for name, value in asked[:MOST_VALUES]
    ]


def _bases(models: ModelColumns) -> list[str]:
    """The models that others were made from, the most used first."""
    uses = np.bincount(models.parents.model, minlength=len(models))
    most = np.argsort(-uses, kind="stable")[:MOST_NAMES]
    return [models.names[at] for at in most.tolist() if uses[at]]
