"""The columns of an edge list, by the names that people give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

NAMES: Mapping[str, tuple[str, ...]] = {
    "child": (
        "child", "childmodel", "childid", "childname", "derived", "derivedmodel",
        "descendant", "merged", "mergedmodel", "output", "outputmodel", "result",
    ),
    "parent": (
        "parent", "parents", "parentmodel", "parentmodels", "parentid", "parentname",
        "basemodel", "basemodels", "base", "ancestor", "ingredient", "ingredients",
        "sourcemodel", "sourcemodels", "upstream",
    ),
    "relation": (
        "relation", "relationship", "relationtype", "type", "edgetype", "kind",
        "basemodelrelation",
    ),
    "role": ("role", "parentrole"),
    "method": ("method", "mergemethod", "algorithm"),
    "weight": ("weight", "parentweight", "mergeweight", "alpha"),
    "density": ("density",),
    "layers": ("layers", "layerrange", "layerranges"),
    "child_digest": ("childdigest", "childrevision", "childsha256"),
    "parent_digest": ("parentdigest", "parentrevision", "parentsha256"),
    "made_on": ("madeon", "date", "createdat", "created", "publishedat", "published"),
    "evidence": ("evidence", "url", "link", "reference"),
    "source": ("source", "provenance", "origin", "dataset"),
    "name": ("name", "model", "modelid", "modelname", "id", "repoid"),
    "architecture": ("architecture", "arch", "architectures", "modeltype"),
    "parameters": ("parameters", "params", "parametercount", "size", "nparameters"),
    "tokenizer": ("tokenizer", "tokeniser"),
    "licence": ("licence", "license", "childlicense", "childlicence"),
    "domains": ("domains", "domain"),
}  # fmt: skip
OF_THE_HUB = frozenset({
    "confidence", "run", "recipeversion", "children", "flagged", "id",
})  # fmt: skip
"""Columns that an export of a hub has and an import does not take."""
_FIELD = {written: field for field, names in NAMES.items() for written in names}


def fields_of(columns: Iterable[str]) -> dict[str, str]:
    """Which column has which field; the first column of a field counts.

    If no column is called after a parent and a child, `source` and `target` are them, as programs
    that draw graphs write them. A `name` is the child's, if there is a parent.
    """
    known = list(columns)
    bare = {re.sub(r"[\s_.-]+", "", column.lower()): column for column in reversed(known)}
    found: dict[str, str] = {}
    for written, column in reversed(bare.items()):
        if field := _FIELD.get(written):
            found.setdefault(field, column)
    if "target" in bare and "source" in bare and not {"child", "parent"} & found.keys():
        found |= {"parent": bare["source"], "child": bare["target"]}
        found.pop("source")
    elif {"from", "to"} <= bare.keys() and not {"child", "parent"} & found.keys():
        found |= {"parent": bare["from"], "child": bare["to"]}
    if "parent" in found and "child" not in found and "name" in found:
        found["child"] = found.pop("name")
    return found


def unknown_among(columns: Iterable[str], fields: Mapping[str, str]) -> list[str]:
    """The columns that are not read."""
    bare = OF_THE_HUB
    used = set(fields.values())
    return [
        column
        for column in columns
        if column not in used and re.sub(r"[\s_.-]+", "", column.lower()) not in bare
    ]


def record(fields: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of one line by field; what is empty is left out."""
    found = {field: values.get(column) for field, column in fields.items()}
    return {field: value for field, value in found.items() if value not in (None, "", [])}
