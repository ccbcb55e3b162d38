"""The order of models: every parent has a lower rank than its children.

While each edge keeps to it, no cycle can exist, and most new edges need no look at the graph. Only
an edge against the order needs a walk, which either finds the cycle or lowers the parent with those
of its ancestors that stand in the way.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

STEP = 1 << 20
"""The usual distance between a model and its child, so that others fit between them."""

Pair = tuple[int, int]
"""A child and its parent."""
Above = Mapping[int, Mapping[int, int]]
"""The parents of each child, with the parents' ranks."""
Load = Callable[[Collection[int]], Awaitable[Above]]


def placed(new: Iterable[int], pairs: Iterable[Pair], ranks: Mapping[int, int]) -> dict[int, int]:
    """A rank for each new model that suits `pairs`, if the `ranks` of the other models allow it."""
    parents: dict[int, list[int]] = {node: [] for node in new}
    children: dict[int, list[int]] = defaultdict(list)
    for child, parent in pairs:
        if child in parents:
            parents[child].append(parent)
        if parent in parents:
            children[parent].append(child)
    order = _sorted(parents) if children else list(parents)
    ceilings = _ceilings(order, children, ranks)
    found = dict(ranks)
    for node in order:
        below = max([found[parent] for parent in parents[node] if parent in found], default=None)
        found[node] = between(below, ceilings[node] + 1 if node in ceilings else None)
    return {node: found[node] for node in parents}


def _ceilings(
    order: Sequence[int], children: Mapping[int, Sequence[int]], ranks: Mapping[int, int]
) -> dict[int, int]:
    """The highest rank that each new parent may have, so that its children come after it."""
    ceilings: dict[int, int] = {}
    for node in reversed(order):
        known = (ceilings.get(child, ranks.get(child)) for child in children.get(node, ()))
        above = [rank for rank in known if rank is not None]
        if above:
            ceilings[node] = min(above) - 1
    return ceilings


def _sorted(parents: Mapping[int, Iterable[int]]) -> list[int]:
    """New models, parents first, as far as they are on no cycle."""
    order: list[int] = []
    begun: set[int] = set()
    for start in parents:
        stack = [start]
        while stack:
            node = stack[-1]
            if node not in begun:
                begun.add(node)
                stack += [each for each in parents[node] if each in parents and each not in begun]
            else:
                stack.pop()
                order.append(node)
    return list(dict.fromkeys(order))


def between(low: int | None, high: int | None) -> int:
    """A rank above `low` and below `high`, if there is one."""
    if low is None:
        return 0 if high is None else high - STEP
    if high is None:
        return low + STEP
    return (low + high) // 2 if high - low > 1 else low + 1


class Order:
    """The ranks of models, which change as edges are added one after another.

    `ranks` has the models of the batch at first, and all that were looked at in the end; `moved`
    are those with another rank. `load` gets the parents of models that are stored.
    """

    def __init__(self, ranks: Mapping[int, int], load: Load) -> None:
        self.ranks = dict(ranks)
        self.moved: set[int] = set()
        self._load = load
        self._parents: dict[int, set[int]] = {}
        self._added: dict[int, set[int]] = defaultdict(set)

    async def add(self, child: int, parent: int) -> bool:
        """Whether the edge may be added; if so, the order suits it from now on."""
        if child == parent:
            return False
        if self.ranks[parent] >= self.ranks[child]:
            if await self._descends(parent, child):
                return False
            await self._lower(parent, self.ranks[child])
        self._added[child].add(parent)
        return True

    async def foresee(self, pairs: Iterable[Pair]) -> None:
        """Load at once most of what the walks for `pairs` will ask for."""
        await self._know(self.ranks)
        floors: dict[int, int] = {}
        frontier: dict[int, int] = {}
        for child, parent in pairs:
            if child != parent and self.ranks[parent] >= self.ranks[child]:
                floor = self.ranks[child]
                frontier[parent] = min(floor, frontier.get(parent, floor))
        while frontier:
            floors |= frontier
            await self._know(frontier)
            beyond: dict[int, int] = {}
            for node, floor in frontier.items():
                for each in self._above(node):
                    lowest = min(floor, beyond.get(each, floor))
                    if self.ranks[each] >= floor - 1 and floors.get(each, floor + 1) > lowest:
                        beyond[each] = lowest
            frontier = beyond

    async def _descends(self, node: int, ancestor: int) -> bool:
        """Whether `ancestor` is an ancestor of `node`: a walk through higher ranks finds it."""
        floor, seen, frontier = self.ranks[ancestor], {node}, [node]
        while frontier:
            await self._know(frontier)
            beyond = {each for one in frontier for each in self._above(one)} - seen
            if ancestor in beyond:
                return True
            frontier = [each for each in beyond if self.ranks[each] > floor]
            seen.update(frontier)
        return False

    async def _lower(self, parent: int, bound: int) -> None:
        """Rank `parent` below `bound`, and its ancestors where they have to make room.

        The former ranks give the sequence: when a model's turn comes, its children have theirs.
        """
        bounds, heap = {parent: bound}, [(-self.ranks[parent], parent)]
        while heap:
            _, node = heapq.heappop(heap)
            bound = bounds[node]
            if self.ranks[node] < bound:
                continue
            await self._know([node])
            above = self._above(node)
            room = max((self.ranks[p] for p in above if self.ranks[p] < bound - 1), default=None)
            self.ranks[node] = between(room, bound)
            self.moved.add(node)
            for each in above:
                if self.ranks[each] >= self.ranks[node]:
                    bounds[each] = min(self.ranks[node], bounds.get(each, self.ranks[node]))
                    heapq.heappush(heap, (-self.ranks[each], each))

    def _above(self, node: int) -> set[int]:
        return self._parents[node] | self._added[node]

    async def _know(self, nodes: Iterable[int]) -> None:
        unknown = [node for node in nodes if node not in self._parents]
        if not unknown:
            return
        found = await self._load(unknown)
        for node in unknown:
            parents = found.get(node, {})
            self._parents[node] = set(parents)
            for parent, rank in parents.items():
                self.ranks.setdefault(parent, rank)
