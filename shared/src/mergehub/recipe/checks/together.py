"""A method's constraints on several parameters, tried on the values that meet at one place.

The recipe alone shows these values, although it shows neither the models' depth nor their tensors:
a gradient is checked near its anchors, and a filter on an assumed tensor that only this filter
matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, product
from typing import Any, Final, NamedTuple

from mergehub.recipe.constraints import Problem
from mergehub.recipe.faults import Fault, excerpt, pointer
from mergehub.recipe.filters import EVERYTHING, is_expression
from mergehub.recipe.methods import MethodSpec, ParameterSpec, catalogue
from mergehub.recipe.schema import Recipe, SliceSource
from mergehub.recipe.values import (
    ParameterScope,
    Setting,
    UnresolvedParameter,
    is_filtered,
    layer_position,
)

from .merges import Merge

MAX_LOOKED_AT: Final = 20_000
"""How many values are checked in one recipe, besides the first place of each group."""
_BESIDE: Final = 1e-3
_MOST_LAYERS: Final = 128


class _Tensor(NamedTuple):
    """An assumed tensor that exactly one filter matches, or none."""

    by: str | None

    def passes(self, pattern: str | None) -> bool:
        """Return whether a filter matches it."""
        if pattern in (None, EVERYTHING, self.by):
            return True
        if self.by is None or pattern is None or is_expression(self.by):
            return False
        return pattern in self.by

    def __str__(self) -> str:
        return f" (for tensors that match the filter {excerpt(self.by)})" if self.by else ""


def broken_together(recipe: Recipe, merged: Sequence[Merge]) -> Iterator[Fault]:
    """Yield a fault for each place whose parameters break a rule together, though each is valid."""
    method = catalogue()[recipe.merge_method]
    if not method.constraints:
        return
    names = {name for each in method.constraints for name in each.parameters}
    specs = [spec for spec in method.parameters if spec.name in names]
    found = [_Merged(merge, method, specs) for merge in merged]
    room = MAX_LOOKED_AT // max(1, sum(each.size for each in found))
    for each in found:
        yield from each.faults(max(1, room))


class _Merged:
    """One group of models with the parameters that its method's constraints read."""

    def __init__(self, merge: Merge, method: MethodSpec, specs: Sequence[ParameterSpec]) -> None:
        self._merge, self._method, self._specs = merge, method, specs
        around = tuple(part.parameters for _, part in merge.around)
        self._members = method.merged(merge.models, merge.base)
        places = [() if i is None else (merge.inputs[i].parameters,) for i in self._members]
        self._around = ParameterScope(method, around)
        self._models = [ParameterScope(method, (*own, *around)) for own in places]
        everywhere = (*chain.from_iterable(places), *around)
        self._settings = [p[spec.name] for p in everywhere for spec in specs if spec.name in p]

    @property
    def size(self) -> int:
        """About how many values a check of one place reads."""
        around = sum(
            _size(place[spec.name])
            for place in self._around.places
            for spec in self._specs
            if spec.name in place
        )
        return around * len(self._models) + sum(map(_size, self._settings)) + len(self._models)

    def faults(self, most: int) -> Iterator[Fault]:
        """Yield what is wrong at the first `most` places, each fault once, at the first of them."""
        seen: set[tuple[int | None, int]] = set()
        places = product(self._tensors(), self._positions())
        for tensor, position in islice(places, most):
            for rule, (index, message) in self._problems(tensor, position):
                if (index, rule) not in seen:
                    seen.add((index, rule))
                    yield Fault(self._pointer(index), "range", f"{message}{tensor}")

    def _problems(self, tensor: _Tensor, position: float) -> Iterator[tuple[int, Problem]]:
        try:
            settings = self._values(self._around, "recipe", tensor, position)
            models = [self._values(each, "model", tensor, position) for each in self._models]
        except UnresolvedParameter:
            return
        for rule, constraint in enumerate(self._method.constraints):
            for problem in constraint.problems(settings, models):
                yield rule, problem

    def _values(
        self, scope: ParameterScope, level: str, tensor: _Tensor, position: float
    ) -> dict[str, Any]:
        specs = (spec for spec in self._specs if spec.scope == level)
        return {spec.name: scope.find(spec, tensor.passes, position) for spec in specs}

    def _pointer(self, index: int | None) -> str:
        place = self._members[index] if index is not None else None
        return pointer(self._merge.path if place is None else (*self._merge.path, place))

    def _tensors(self) -> Iterator[_Tensor]:
        yield _Tensor(None)
        patterns = chain.from_iterable(map(_patterns, self._settings))
        yield from map(_Tensor, dict.fromkeys(p for p in patterns if p not in (None, EVERYTHING)))

    def _positions(self) -> list[float]:
        """Return the places in the depth at which gradients may be wrong, the ends first."""
        if not any(isinstance(each, tuple) for each in self._settings):
            return [1.0]  # the values are the same in all places
        first = next(iter(self._merge.inputs), None)
        if isinstance(first, SliceSource):
            count = len(first.layers)
            layers = range(0, count, 1 + count // _MOST_LAYERS)
            return list(dict.fromkeys([1.0, 0.0, *(layer_position(i, count) for i in layers)]))
        inner = chain.from_iterable(map(_anchors, self._settings))
        beside = (min(1.0, max(0.0, at + step)) for at in inner for step in (-_BESIDE, _BESIDE))
        return list(dict.fromkeys([1.0, 0.0, *beside]))


def _patterns(setting: Setting) -> Iterator[str | None]:
    if is_filtered(setting):
        for entry in setting:
            yield entry.filter
            yield from _patterns(entry.value)


def _anchors(setting: Setting) -> Iterable[float]:
    """Return the positions of the inner anchors of the gradients in a value."""
    if not isinstance(setting, tuple):
        return ()
    if is_filtered(setting):
        return chain.from_iterable(_anchors(entry.value) for entry in setting)
    return (i / (len(setting) - 1) for i in range(1, len(setting) - 1))


def _size(setting: Setting) -> int:
    if not isinstance(setting, tuple):
        return 1
    if not is_filtered(setting):
        return 1
    return sum(1 + _size(entry.value) for entry in setting)
