"""Whether models that are to be merged came from one base, as far as their origins are known."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lineage.memory.graph import Graph
from lineage.questions.ancestry import Ancestry
from lineage.questions.common import in_all

RULE = (
    "The origin of a model is known if a parent of it is known, or a model that was made from it "
    "in another way than by a merge. Only models whose origin is known are compared. They share "
    "the nearest model that all of them came from, and preferably one that is none of them."
)


@dataclass(frozen=True)
class Kinship:
    """How the models of a merge are related.

    - `compared`: those whose origin is known, without the base.
    - `apart`: those of them that did not come from the base.
    - `shared`: the nearest model that all of them came from.
    """

    compared: list[int]
    apart: list[int]
    shared: int | None


def kinship(
    graph: Graph,
    ancestries: Mapping[int, Ancestry],
    models: Sequence[int],
    base: int | None,
    bases: Container[int],
) -> Kinship:
    """The kinship of models, whose ancestries are given; `base` is the merge's, if it is known.

    `bases` are models from which another was made in another way than by a merge.
    """
    compared = [
        each
        for each in models
        if each != base and (each in bases or len(ancestries[each].models) > 1)
    ]
    apart = [each for each in compared if base is not None and base not in ancestries[each].models]
    return Kinship(compared, apart, _nearest(graph, ancestries, compared))


def originals(graph: Graph, found: Ancestry, most: int) -> list[int]:
    """The models without parents from which a model came, those with the most children first."""
    models = found.models[graph.degrees(found.models, "ancestors") == 0]
    order = np.argsort(-graph.models.children_count[models], kind="stable")
    firsts: list[int] = models[order][:most].tolist()
    return firsts


def _nearest(graph: Graph, ancestries: Mapping[int, Ancestry], models: Sequence[int]) -> int | None:
    if not models:
        return None
    shared = in_all(graph, [ancestries[each] for each in models]).models
    others = shared[~np.isin(shared, models)]
    return int(others[0]) if len(others) else int(shared[0]) if len(shared) else None
