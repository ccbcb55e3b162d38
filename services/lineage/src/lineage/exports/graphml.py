"""GraphML, which Gephi, yEd, Cytoscape and networkx read, and `mergehub lineage import`.

Edges lead from parent to child.
"""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape

from lineage.exports.records import Model, Parent
from lineage.exports.rows import Row, edge_row, model_row

_NODE = {"parameters": "long", "children": "long", "flagged": "boolean"}
_EDGE = {"weight": "double", "density": "double", "confidence": "int"}
"""The types of the fields that are not texts."""

_NODE_FIELDS = (
    "name",
    "kind",
    "architecture",
    "parameters",
    "tokenizer",
    "licence",
    "domains",
    "made_on",
    "children",
    "flagged",
)
_EDGE_FIELDS = (
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
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class GraphMl:
    media_type = "application/graphml+xml"
    suffix = "graphml"

    def begin(self) -> str:
        return "\n".join(
            (
                '<?xml version="1.0" encoding="UTF-8"?>',
                '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
                *(_key("node", field, _NODE) for field in _NODE_FIELDS),
                *(_key("edge", field, _EDGE) for field in _EDGE_FIELDS),
                '<graph edgedefault="directed">\n',
            )
        )

    def model(self, model: Model) -> str:
        node = f'<node id="{model.id}">{_data("node", model_row(model), _NODE_FIELDS)}</node>\n'
        return node + "".join(_edge(model, parent) for parent in model.parents)

    def end(self) -> str:
        return "</graph>\n</graphml>\n"


def _key(of: str, field: str, types: dict[str, str]) -> str:
    kind = types.get(field, "string")
    return f'<key id="{of}-{field}" for="{of}" attr.name="{field}" attr.type="{kind}"/>'


def _edge(model: Model, parent: Parent) -> str:
    data = _data("edge", edge_row(model, parent), _EDGE_FIELDS)
    return f'<edge source="{parent.id}" target="{model.id}">{data}</edge>\n'


def _data(of: str, row: Row, fields: tuple[str, ...]) -> str:
    known = ((field, row[field]) for field in fields if row[field] not in (None, []))
    return "".join(f'<data key="{of}-{field}">{_text(value)}</data>' for field, value in known)


def _text(value: Any) -> str:
    """A value as XML; a character that XML cannot have becomes U+FFFD."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        texts = all(isinstance(each, str) for each in value)
        value = ", ".join(value) if texts else " ".join(map(_range, value))
    return escape(_NOT_IN_XML.sub("\ufffd", str(value)), {"\r": "&#13;"})


def _range(layers: list[int]) -> str:
    return "-".join(map(str, layers))
