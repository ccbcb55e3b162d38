"""The edges that a batch speaks about, and which of them each claim is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from lineage.learning import counting
from lineage.learning.batch import Outcome, Told, usual_role
from lineage.learning.claims import Edge, Key
from lineage.learning.counting import Counts

Ends = tuple[int, int, UUID | None, UUID | None]


class Roles:
    """The edges of one child and parent in the same revisions: at most one for each role.

    A source that states no role speaks of the same edge as one that states it. Its claim belongs to
    the edge of the usual role, or else to the only edge that there is. So it makes no second edge,
    whichever of them speaks first. Of two edges, each has a source that states its role.
    """

    __slots__ = ("edges",)

    def __init__(self) -> None:
        self.edges: dict[str, Edge] = {}

    def tell(self, key: Key, told: Told) -> tuple[Edge, Outcome]:
        """Take in a claim; returns the edge that it is about, and what became of it."""
        if not self.edges:
            first = self.edges[key.role] = Edge(key, told)
            return first, Outcome.ADDED
        edge = self._that_knows(key.role, told)
        if edge is not None:
            return edge, Outcome.WITHDRAWN if edge.withdrawn else Outcome.KNOWN
        edge = self._edge_for(key.role, told)
        if edge is None:
            return self._added(key, told), Outcome.ADDED
        self._forget_unstated(told.source, but=edge)
        edge.put(told)
        self._settle_role(edge)
        if edge.withdrawn:
            return edge, Outcome.WITHDRAWN
        return edge, Outcome.STRENGTHENED if edge.shown is told else Outcome.WEAKER

    def _that_knows(self, role: str, told: Told) -> Edge | None:
        """The edge of which the same source said as much before: to say less takes nothing back."""
        for edge in self.edges.values():
            said = edge.claims.get(told.source)
            if said is None or said.role_stated < told.role_stated:
                continue
            if said.role_stated > told.role_stated:
                return edge
            same_edge = edge.key.role == role or not told.role_stated
            if same_edge and (told.repeats(said) or told.strength < said.strength):
                return edge
        return None

    def _edge_for(self, role: str, told: Told) -> Edge | None:
        """The edge that a claim is about; None if it is new."""
        edge = self.edges.get(role)
        if edge is not None:
            return edge
        (only,) = self.edges.values()
        if not told.role_stated:
            return only
        if only.states_role:
            return None
        self._change_role(only, role)
        return only

    def _added(self, key: Key, told: Told) -> Edge:
        """A new edge; what states no role and is usual for this one goes over to it."""
        self._forget_unstated(told.source)
        edge = Edge(key, told)
        for other in self.edges.values():
            for each in list(other.claims.values()):
                if not each.role_stated and usual_role(each.relation) == key.role:
                    edge.put(other.take_out(each.source))
        self.edges[key.role] = edge
        return edge

    def _forget_unstated(self, source: str, but: Edge | None = None) -> None:
        """Take out what the source said without a role: it has said more now."""
        for edge in self.edges.values():
            said = edge.claims.get(source)
            if edge is not but and said is not None and not said.role_stated:
                edge.take_out(source)

    def _settle_role(self, edge: Edge) -> None:
        """If no source states the role, it is the usual one of what is shown."""
        role = usual_role(edge.shown.relation)
        if role != edge.key.role and not edge.states_role:
            self._change_role(edge, role)

    def _change_role(self, edge: Edge, role: str) -> None:
        del self.edges[edge.key.role]
        edge.change_role(role)
        self.edges[role] = edge


class Edges:
    """All edges of the children and parents in a batch, with the `stored` ones at first."""

    def __init__(self, stored: Iterable[Edge]) -> None:
        self._by_ends: dict[Ends, Roles] = defaultdict(Roles)
        self._by_pair: dict[tuple[int, int], list[Edge]] = defaultdict(list)
        for edge in stored:
            self._by_ends[edge.key[:4]].edges[edge.key.role] = edge
            self._by_pair[edge.key[:2]].append(edge)
        self._before = {pair: counting.uses(edges) for pair, edges in self._by_pair.items()}

    def tell(self, key: Key, told: Told) -> Outcome:
        """Take in a claim about an edge, which may be new."""
        edge, outcome = self._by_ends[key[:4]].tell(key, told)
        if outcome is Outcome.ADDED:
            self._by_pair[key[:2]].append(edge)
        return outcome

    @property
    def changed(self) -> list[Edge]:
        return [edge for edges in self._by_pair.values() for edge in edges if edge.changed]

    @property
    def counts(self) -> dict[int, Counts]:
        """How the counters of each parent change."""
        return counting.differences(self._before, self._by_pair)
