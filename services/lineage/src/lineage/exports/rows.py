"""The fields of models and edges in the formats that have a row for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lineage.exports.records import Model, Parent

Row = Mapping[str, Any]


def edge_row(model: Model, parent: Parent) -> Row:
    """An edge, with the names of the fields that an import reads.

    The role in a merge is null if no source states it, so that an import does not state it either.
    """
    told = parent.role_stated or parent.relation != "merge"
    return {
        "parent": parent.name,
        "child": model.name,
        "relation": parent.relation,
        "role": parent.role if told else None,
        "method": parent.method,
        "weight": parent.weight,
        "density": parent.density,
        "layers": None if parent.layers is None else [list(each) for each in parent.layers],
        "child_digest": parent.child_digest,
        "parent_digest": parent.parent_digest,
        "made_on": None if parent.made_on is None else parent.made_on.isoformat(),
        "source": parent.source,
        "evidence": parent.evidence,
        "confidence": parent.confidence,
        "recipe_version": None if parent.recipe_version is None else str(parent.recipe_version),
        "run": None if parent.run is None else str(parent.run),
    }


EDGE_FIELDS = (
    "parent",
    "child",
    "relation",
    "role",
    "method",
    "weight",
    "density",
    "layers",
    "child_digest",
    "parent_digest",
    "made_on",
    "source",
    "evidence",
    "confidence",
    "recipe_version",
    "run",
)


def model_row(model: Model) -> Row:
    """A model's facts."""
    return {
        "name": model.name,
        "id": str(model.id),
        "kind": model.kind,
        "architecture": model.architecture,
        "parameters": model.parameters,
        "tokenizer": model.tokenizer,
        "licence": model.licence,
        "domains": list(model.domains),
        "made_on": None if model.made_on is None else model.made_on.isoformat(),
        "children": model.children,
        "flagged": model.flagged,
    }
