"""From the nodes and edges of a graph to rows; each edge leads from a parent to a child."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from mergehub.lineage_files.names import is_usual
from mergehub.lineage_files.records.columns import fields_of, record, unknown_among
from mergehub.lineage_files.records.records import rows_of
from mergehub.lineage_files.rows import Corrected, Row, Skipped
from mergehub.lineage_files.words import relation_of

MOST_UNKNOWN = 100
NOTHING = (None, "unknown")
UNDIRECTED = "the edge has no direction, so it does not say which model was made from the other"


class Nodes:
    """The names of nodes by their ids. A node is called by its `name` or label, else by its id."""

    def __init__(self) -> None:
        self._names: dict[Hashable, str] = {}
        self._alone: dict[Hashable, str] = {}
        """Nodes of which nothing has been said so far."""
        self._seen: set[str] = set()

    def __len__(self) -> int:
        return len(self._names)

    def add(self, node: Hashable, about: Mapping[str, Any], line: int | None) -> Iterator[Row]:
        """Note a node, and yield what it says about its model."""
        fields = fields_of(about)
        called = [about.get(each) for each in (fields.get("name"), "label", "title") if each]
        texts = [each for each in (*called, node) if isinstance(each, str) and each.strip()]
        name = next((each for each in texts if "/" in each), texts[0] if texts else str(node))
        self._names[node] = name
        facts = {field: each for field, each in fields.items() if field not in _OF_EDGES}
        yield from self._notes(about, fields, line)
        if said := record(facts, about):
            yield from rows_of({**said, "name": name}, line)
        else:
            self._alone[node] = name

    def edge(
        self, ends: tuple[Hashable, Hashable], about: Mapping[str, Any], line: int | None,
        *, directed: bool = True,
    ) -> Iterator[Row]:  # fmt: skip
        """The rows of an edge from the first to the second end."""
        for end in ends:
            self._alone.pop(end, None)
        parent, child = (self._names.get(end, str(end)) for end in ends)
        if fault := self._fault(ends, directed):
            yield Skipped(line, child[:200], parent[:200], *fault)
            return
        fields = {field: each for field, each in fields_of(about).items() if field not in _ENDS}
        yield from self._notes(about, fields, line)
        if "relation" not in fields and relation_of(str(about.get("label"))) not in NOTHING:
            fields["relation"] = "label"
        said = record(fields, about) | {"parent": parent, "child": child}
        yield from rows_of(said, line, is_pair=True)

    def _fault(self, ends: tuple[Hashable, Hashable], directed: bool) -> tuple[str, str] | None:
        """Why an edge is none: the reason and its code. A name needs no node of its own."""
        if not directed:
            return UNDIRECTED, "no-direction"
        for end in ends:
            if end not in self._names and not is_usual(str(end)):
                return f"the graph has no node {str(end)[:200]}", "no-node"
        return None

    def alone(self) -> Iterator[Row]:
        """After all edges: the models of which nothing is known but that they exist."""
        for name in self._alone.values():
            yield from rows_of({"name": name}, None)

    def _notes(
        self, about: Mapping[str, Any], fields: Mapping[str, str], line: int | None
    ) -> Iterator[Row]:
        for column in unknown_among(about, fields):
            if column not in self._seen and len(self._seen) < MOST_UNKNOWN:
                self._seen.add(column)
                reason = "this attribute is not known, and not read"
                yield Corrected(line, column[:100], "", "", reason)


_ENDS = frozenset({"parent", "child", "name"})
_OF_EDGES = frozenset({
    "parent", "child", "name", "relation", "role", "method", "weight", "density", "layers",
    "child_digest", "parent_digest", "source", "evidence",
})  # fmt: skip
