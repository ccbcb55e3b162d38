"""The answer about models that are to be merged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.answers.inheritance import conflict, exclusion, flag_rows, inherited, inherited_flags
from lineage.answers.named import named, named_one
from lineage.ingredients import repository
from lineage.ingredients.schemas import (
    MOST_FLAGS,
    MOST_LICENCES,
    MOST_ORIGINALS,
    GroupKinship,
    Ingredient,
    IngredientGroup,
    Ingredients,
    IngredientsAsked,
)
from lineage.memory.graph import Graph
from lineage.questions.ancestry import Ancestry, ancestry
from lineage.questions.contamination import Flagged, flagged_in
from lineage.questions.kinship import RULE, kinship, originals
from lineage.questions.licences import Licences, licences_of_merge

Known = Mapping[str, int]
"""The numbers of the models that are known, by their references."""


@dataclass(frozen=True)
class _Found:
    """What the graph says of each model, by its number, and of each group."""

    flagged: Mapping[int, list[Flagged]]
    originals: Mapping[int, list[int]]
    groups: list[GroupKinship]
    licences: Licences


async def ingredients(
    session: AsyncSession, graph: Graph, asked: IngredientsAsked, known: Known
) -> Ingredients:
    """What is known of the models, and how they are related."""
    bases = await repository.bases(session, set(known.values()))
    found = await asyncio.to_thread(_find, graph, asked, known, bases)
    rows = await flag_rows(
        session, {each.model for flagged in found.flagged.values() for each in flagged}
    )
    return Ingredients(
        rule=RULE,
        models=[
            Ingredient(
                **dict(named_one(graph, number)),
                asked=reference,
                parameters=int(graph.models.parameters[number]) or None,
                originals=named(graph, found.originals[number]),
                flags=inherited_flags(graph, found.flagged[number], rows)[:MOST_FLAGS],
            )
            for reference, number in known.items()
        ],
        unknown=[each for each in asked.references if each not in known],
        groups=found.groups,
        inherited=[inherited(graph, each) for each in found.licences.inherited[:MOST_LICENCES]],
        forbidding=[inherited(graph, each) for each in found.licences.forbidding],
        conflicts=[conflict(graph, each) for each in found.licences.conflicts[:MOST_LICENCES]],
        exclusions=[exclusion(graph, each) for each in found.licences.exclusions[:MOST_LICENCES]],
        as_of=graph.as_of,
    )


def _find(graph: Graph, asked: IngredientsAsked, known: Known, bases: set[int]) -> _Found:
    ancestries = {number: ancestry(graph, number) for number in set(known.values())}
    return _Found(
        {each: flagged_in(graph, of)[:MOST_FLAGS] for each, of in ancestries.items()},
        {each: originals(graph, of, MOST_ORIGINALS) for each, of in ancestries.items()},
        [_kinship(graph, ancestries, group, known, bases) for group in asked.groups],
        licences_of_merge(graph, list(ancestries)),
    )


def _kinship(
    graph: Graph,
    ancestries: Mapping[int, Ancestry],
    group: IngredientGroup,
    known: Known,
    bases: set[int],
) -> GroupKinship:
    asked = {known[each]: each for each in reversed(group.models) if each in known}
    base = None if group.base is None else known.get(group.base)
    found = kinship(graph, ancestries, list(reversed(asked)), base, bases)
    return GroupKinship(
        compared=[asked[each] for each in found.compared],
        apart=[asked[each] for each in found.apart],
        shared=None if found.shared is None else named_one(graph, found.shared),
    )
