"""Counts by code as the lists of an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from lineage.answers.edges import day
from lineage.facets import schemas
from lineage.facets.counting import Counts
from lineage.memory.arrays import Integers
from lineage.memory.columns import RELATIONS
from lineage.memory.graph import Graph
from lineage.questions.kinds import KINDS
from mergehub.columns.codes import Codes, members_of

MOST = 200


def named(graph: Graph, counts: Counts) -> schemas.Facets:
    """The answer that the counts of a graph make."""
    codes = graph.codes
    methods = _by_text(counts.methods, codes.method)
    del methods[""]  # no filter asks for edges without a method
    licences = _by_text(counts.licences, codes.licence)
    domains = _by_domain(_by_text(counts.domains, codes.domains))
    return schemas.Facets(
        methods=_list(methods),
        relations=_list(_by_text(counts.relations, RELATIONS)),
        licences=_list(licences),
        domains=_list(domains),
        kinds=_list(_by_text(counts.kinds, KINDS)),
        made_on=schemas.Dates(
            first=day(counts.first), last=day(counts.last), unknown=counts.undated
        ),
        more=schemas.More(methods=_more(methods), licences=_more(licences), domains=_more(domains)),
        as_of=graph.as_of,
    )


def _by_text(counts: Integers, texts: Codes | Sequence[str]) -> Counter[str]:
    codes = np.flatnonzero(counts)
    return Counter({texts[code]: int(counts[code]) for code in codes.tolist()})


def _by_domain(sets: Counter[str]) -> Counter[str]:
    """How many models have each domain, by how many have each set of them."""
    domains: Counter[str] = Counter()
    for text, models in sets.items():
        domains.update(dict.fromkeys(members_of(text), models))
    return domains


def _list(counts: Counter[str]) -> list[schemas.Facet]:
    """The values with the most models."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [schemas.Facet(value=value or None, models=models) for value, models in ranked[:MOST]]


def _more(counts: Counter[str]) -> int:
    return max(0, len(counts) - MOST)
