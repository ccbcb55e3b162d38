"""What the event of a merge says about the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from lineage.learning.batch import Batch, Facts, Statement, Told, states_role
from lineage.trust import confidence
from mergehub.contracts.events import ModelProduced
from mergehub.contracts.kinds.merge import Parent

STACKING = "passthrough"
"""The method that puts layers upon each other; all others compute weight by weight."""


def batch(produced: ModelProduced, source: str, made_on: date) -> Batch:
    """The model, its revision and its parents, and the bases of parents that are adapters."""
    merged = Told(
        relation="merge",
        source=source,
        confidence=confidence(source),
        method=produced.method,
        recipe_version=produced.recipe_version,
        run=produced.run,
        made_on=made_on,
    )
    statements = [
        statement
        for parent in produced.parents
        for statement in _statements(produced.name, produced.digest, parent, merged)
    ]
    model = Facts(
        produced.name, source, 0, produced.digest, parameters=produced.parameters, made_on=made_on
    )
    return Batch(statements, [model, *_as_large(produced, source)])


def _as_large(produced: ModelProduced, source: str) -> Iterator[Facts]:
    """The parents that are merged weight by weight, so that each is as large as the model."""
    if produced.parameters is None or produced.method == STACKING:
        return
    for parent in produced.parents:
        if parent.layers is None:
            names = {parent.name, parent.base.name if parent.base else parent.name}
            for name in sorted(names):
                yield Facts(name, source, 0, parameters=produced.parameters)


def _statements(child: str, digest: str | None, parent: Parent, made: Told) -> Iterable[Statement]:
    told = made._replace(
        relation=parent.relation,
        weight=parent.weight,
        layers=None if parent.layers is None else tuple(parent.layers),
        role_stated=states_role(parent.relation, parent.role),
    )
    yield Statement(child, parent.name, parent.role, told, digest, parent.digest)
    if parent.base is not None:
        base = parent.base.model_copy(update={"relation": "adapter", "role": "base"})
        adapted = made._replace(method=None, recipe_version=None)
        yield from _statements(parent.name, parent.digest, base, adapted)


def together(batches: Iterable[Batch]) -> Batch:
    """Several batches as one, in their order."""
    batches = list(batches)
    return Batch(
        [statement for each in batches for statement in each.statements],
        [facts for each in batches for facts in each.facts],
    )
