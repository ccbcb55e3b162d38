"""What the feed says of a model: a pure function of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lineage.feed.schemas import FactsParent, ModelFacts
from mergehub.contracts.domains.vocabulary import domains_of
from mergehub.contracts.licences.identifiers import identifier_of
from mergehub.kit.database.database import AnyRow

ORIGINAL = "original"


def facts(
    model: AnyRow, former_names: Sequence[str], flags: Sequence[str], edges: Sequence[AnyRow]
) -> ModelFacts:
    """The facts about one model; `edges` lead to its parents."""
    ordered = sorted(edges, key=_strength)
    main = ordered[0] if ordered else None
    return ModelFacts(
        id=model.id,
        name=model.name,
        former_names=[each for each in dict.fromkeys(former_names) if each != model.name],
        kind=main.relation if main else ORIGINAL,
        method=next((each.method for each in ordered if each.method), None),
        architecture=model.architecture,
        parameters=model.parameters,
        licence=identifier_of(model.licence) if model.licence else None,
        domains=sorted(domains_of(model.domains)),
        flags=list(dict.fromkeys(flags)),
        made_on=model.made_on,
        parents=_parents(ordered),
        position=model.position,
    )


def _strength(edge: AnyRow) -> tuple[Any, ...]:
    """Sorts edges of a child as `lineage.questions.strength` does: what says most comes first."""
    weight = min(max(edge.weight or 0.0, 0.0), 1.0)
    known = edge.relation != "unknown"
    return (-(edge.confidence * 8 + known * 4 + (edge.role == "base") * 2 + weight), edge.parent)


def _parents(ordered: Sequence[AnyRow]) -> list[FactsParent]:
    """One parent for each model and role: several revisions of a parent are the same model."""
    first: dict[Any, AnyRow] = {}
    for edge in ordered:
        first.setdefault((edge.id, edge.role), edge)
    return [FactsParent.model_validate(each) for each in first.values()]
