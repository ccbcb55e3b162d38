"""The columns of an edge list, by the names that people give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

PARENT = "parent"
_MARKS = re.compile(r"[\s_.:()*#/-]+")
NAMES: Mapping[str, tuple[str, ...]] = {
    "child": (
        "child", "childmodel", "childid", "childname", "childmodelid", "childmodelname",
        "childrepo", "derived", "derivedmodel", "derivative", "descendant", "merged",
        "mergedmodel", "mergedmodelname", "mergename", "output", "outputmodel", "result",
        "resultingmodel", "targetmodel", "newmodel", "finetunedmodel", "finetune", "finetuned",
        "quantizedmodel", "adaptermodel", "downstream", "downstreammodel",
    ),
    "parent": (
        "parent", "parents", "parentmodel", "parentmodels", "parentid", "parentids", "parentname",
        "parentnames", "parentmodelid", "parentmodelname", "parentrepo", "basemodel", "basemodels",
        "basemodelid", "basemodelname", "basemodelnameorpath", "base", "baseid",
        "ancestor", "ingredient", "ingredients", "mergedmodels", "mergedfrom", "finetunedfrom",
        "derivedfrom", "sourcemodel", "sourcemodels", "upstream", "upstreammodel", "originalmodel",
        "foundationmodel",
    ),
    "relation": (
        "relation", "relationship", "relationtype", "relationshiptype", "type", "edgetype", "kind",
        "basemodelrelation", "derivationtype",
    ),
    "role": ("role", "parentrole"),
    "method": ("method", "mergemethod", "mergingmethod", "algorithm"),
    "weight": ("weight", "weights", "parentweight", "mergeweight", "alpha"),
    "density": ("density", "densities"),
    "layers": ("layers", "layerrange", "layerranges"),
    "child_digest": ("childdigest", "childrevision", "childsha256"),
    "parent_digest": ("parentdigest", "parentrevision", "parentsha256"),
    "made_on": (
        "madeon", "date", "createdat", "created", "publishedat", "published", "releasedate",
        "releasedon",
    ),
    "evidence": ("evidence", "url", "link", "reference"),
    "source": ("source", "provenance", "origin", "dataset"),
    "name": ("name", "model", "modelid", "modelname", "id", "repoid", "repo", "fullname"),
    "architecture": ("architecture", "arch", "architectures", "modeltype"),
    "parameters": (
        "parameters", "params", "parametercount", "numparameters", "numparams", "size",
        "nparameters",
    ),
    "tokenizer": ("tokenizer", "tokeniser"),
    "licence": ("licence", "license", "childlicense", "childlicence", "modellicense"),
    "domains": ("domains", "domain"),
}  # fmt: skip
PAIRS = (
    ("source", "target"), ("sourceid", "targetid"), ("sourcename", "targetname"),
    ("sourcenode", "targetnode"), ("from", "to"), ("frommodel", "tomodel"), ("fromid", "toid"),
    ("src", "dst"), ("start", "end"), ("startid", "endid"),
    ("head", "tail"),
)  # fmt: skip
"""How programs that draw graphs call the two ends of an edge."""
NOT_READ = frozenset({
    "confidence", "run", "recipeversion", "children", "flagged", "id", "label", "timeset",
    "interval", "index", "rowidx", "unnamed0", "", "_id", "_rev", "key",
})  # fmt: skip
"""Columns that a hub, a program that draws graphs or a database adds; nobody misses them."""
EMPTY: tuple[Any, ...] = ("", [], {})
MOST_REMEMBERED, LONGEST_REMEMBERED = 40, 1_000
_FIELD = {written: field for field, names in NAMES.items() for written in names}
_NUMBERED = re.compile(
    r"(?P<what>parent|parentmodel|base|basemodel|model|ingredient|sourcemodel|source|"
    r"weight|density|role|relation)(?P<number>[1-9]\d?|[a-h])"
)
OF_EACH = frozenset({"weight", "density", "role", "relation"})


def fields_of(columns: Iterable[str]) -> Mapping[str, str]:
    """Which column has which field; the first column of a field counts.

    If no column is called after a parent and a child, the ends of an edge are them, as programs
    that draw graphs call those. A `name` is the child's, if there is a parent. Of the columns
    `model_1`, `model_2`, each is a parent; their fields are `parent 1` and `parent 2`.
    """
    known = tuple(columns)
    return _remembered(known) if _is_short(known) else _fields(known)


def _is_short(columns: tuple[str, ...]) -> bool:
    """Whether columns may be remembered: the objects of a file mostly have the same."""
    return len(columns) <= MOST_REMEMBERED and sum(map(len, columns)) < LONGEST_REMEMBERED


def _fields(columns: tuple[str, ...]) -> Mapping[str, str]:
    bare = {bare_name(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for written, column in reversed(list(bare.items())):
        if field := _FIELD.get(written):
            found.setdefault(field, column)
    ends = next((pair for pair in PAIRS if bare.keys() >= set(pair)), None)
    if ends is not None and not {"child", "parent"} & found.keys():
        found |= {"parent": bare[ends[0]], "child": bare[ends[1]]}
        if ends[0] == "source":
            found.pop("source")
    found |= _numbered(bare, found.get(PARENT))
    if "parent" in found and "child" not in found:
        if "name" in found:
            found["child"] = found.pop("name")
        elif "merge" in bare:  # elsewhere it may say whether the model is one
            found["child"] = bare["merge"]
    return found


_remembered = lru_cache(maxsize=256)(_fields)


def _numbered(bare: Mapping[str, str], parent: str | None) -> dict[str, str]:
    """The parents in columns of their own, and what is said of each of them."""
    found: dict[str, str] = {}
    for written, column in reversed(list(bare.items())):
        if match := _NUMBERED.fullmatch(written):
            what = match["what"] if match["what"] in OF_EACH else PARENT
            found.setdefault(f"{what} {match['number']}", column)
    parents = [column for field, column in found.items() if field.startswith(PARENT)]
    if len(parents) + (parent is not None) < 2:
        return {}
    return {PARENT: parent or parents[0], **found}


def is_pair(fields: Mapping[str, str]) -> bool:
    """Whether the columns only say which end of an edge is which, and not who is the parent."""
    parent, child = fields.get("parent"), fields.get("child")
    return parent is not None and child is not None and _ends(parent, child)


@lru_cache(maxsize=1_000)
def _ends(parent: str, child: str) -> bool:
    return (bare_name(parent), bare_name(child)) in PAIRS


@lru_cache(maxsize=1_000)
def _bare(column: str) -> str:
    return _MARKS.sub("", column.lower())


def bare_name(column: str) -> str:
    """The name of a column as it is compared: without case, spaces and marks."""
    if column.startswith("_"):
        return column.lower()
    return _bare(column) if len(column) < LONGEST_REMEMBERED else ""


def unknown_among(columns: Iterable[str], fields: Mapping[str, str]) -> list[str]:
    """The columns that are not read."""
    used = set(fields.values())
    return [each for each in columns if each not in used and bare_name(each) not in NOT_READ]


def record(fields: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of one line by field; what is empty is left out."""
    return {
        field: value
        for field, column in fields.items()
        if (value := values.get(column)) is not None and value not in EMPTY
    }
