"""The formats of exports, by the name that callers give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from lineage.exports.comma_separated import CommaSeparated
from lineage.exports.dot import Dot
from lineage.exports.graphml import GraphMl
from lineage.exports.json_lines import JsonLines
from lineage.exports.mermaid import Mermaid
from lineage.exports.openlineage import OpenLineage
from lineage.exports.records import Format, Model

FormatName = Literal["graphml", "csv", "jsonl", "mermaid", "dot", "openlineage"]

FORMATS: Mapping[FormatName, Callable[[str], Format]] = {
    "graphml": lambda hub: GraphMl(),
    "csv": lambda hub: CommaSeparated(),
    "jsonl": lambda hub: JsonLines(),
    "mermaid": lambda hub: Mermaid(),
    "dot": lambda hub: Dot(),
    "openlineage": OpenLineage,
}
"""Each format, made for the hub with this address."""


def written(format: Format, models: Iterable[Model]) -> Iterator[str]:
    """An export, a piece at a time."""
    yield format.begin()
    for model in models:
        yield format.model(model)
    yield format.end()
