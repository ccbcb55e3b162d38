"""The configuration of a model of stacked layers, in which each layer keeps its settings."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from merge_worker.engine.errors import PlanError
from merge_worker.engine.ingredients.opened import Ingredient
from merge_worker.engine.models.layers import DEPTH_KEYS, Stack, depth_entries, sense_of

from .layer_keys import kinds_that_read, take_over
from .layer_patterns import UNKNOWN, patterns_of
from .layer_rules import Pattern, Values
from .slices import Origin, Stacked

Config = dict[str, Any]


@dataclass(frozen=True)
class Restacked:
    """The configuration of the output.

    Attributes:
        config: the configuration.
        marks: for each of the output's layers, what distinguishes it from others.
        written: the keys that now say for each layer what its place decided before.
        settled: the keys in which each layer keeps what it had in its model.
    """

    config: Config
    marks: list[tuple[Any, ...]]
    written: tuple[str, ...]
    settled: frozenset[str]


def restack(stacked: Stacked) -> Restacked:
    """Adapt the configuration of the model that defines the output to the output's layers.

    Keys that hold the stack's depth get the new depth. Lists with an item per layer, lists of
    indices and patterns are written so that each layer keeps what it had.

    Raises:
        PlanError: no key holds the depth, or the configuration cannot express the settings that the
          layers had in their models.
    """
    config = copy.deepcopy(dict(stacked.definer.checkpoint.config))
    sections = sections_of(config, stacked.stack)
    if not sections and len(stacked.origins) != stacked.stack.depth:
        raise PlanError(
            f"the configuration has no key that gives the depth of {stacked.stack.prefix}* "
            f"({stacked.stack.depth} layers); known keys are {', '.join(DEPTH_KEYS)}"
        )
    restackings = [_Restacking(section, stacked) for section in sections or [config]]
    rows, *_ = [restacking.rewrite() for restacking in restackings]
    marks = list(zip(*rows, strict=True)) if rows else [()] * len(stacked.origins)
    written = dict.fromkeys(key for each in restackings for key in each.written)
    settled = frozenset(key for each in restackings for key in each.settled)
    return Restacked(config, marks, tuple(written), settled)


def sections_of(config: Mapping[str, Any], stack: Stack) -> list[Config]:
    """The sections that describe a stack, each once: they hold its depth and share its sense."""
    sense = sense_of(stack.prefix)
    found = [path for path, _, depth in depth_entries(config) if depth == stack.depth]
    paths = dict.fromkeys(path for path in found if sense_of(".".join(path)) == sense)
    return [_at(config, path) for path in paths]


def _at(config: Any, path: tuple[str, ...]) -> Config:
    for step in path:
        config = config[step]
    return config  # type: ignore[no-any-return]


class _Restacking:
    """One section of the output's configuration, while it is edited in place."""

    def __init__(self, section: Config, stacked: Stacked) -> None:
        self._section, self._stacked = section, stacked
        self._patterns = patterns_of(section, stacked.definer.checkpoint.config)
        self._depth = len(stacked.origins)
        self.written: list[str] = []
        self.settled = {key for pattern in self._patterns for key in pattern.keys}

    def rewrite(self) -> list[Values]:
        """Edit the section and return each property's values for the output's layers."""
        for origin in {id(each.model): each for each in self._stacked.origins}.values():
            self._check_type(origin)
        rows = [self._gathered(pattern.expand, pattern.keys) for pattern in self._patterns]
        lists = {key: self._gathered(_list(key), (key,)) for key in self._other_lists()}
        for pattern, values in zip(self._patterns, rows, strict=True):
            self._take_over(pattern.keys[0], values)
        for key, values in lists.items():
            self._take_over(key, values)
        old = self._stacked.stack.depth
        depths = {key: self._depth for key in DEPTH_KEYS if self._section.get(key) == old}
        self._section.update({**lists, **depths})
        for pattern, values in zip(self._patterns, rows, strict=True):
            if self._says(pattern) != values:
                written = pattern.write(self._section, values)
                self.written += [key for key in written if key not in self._section]
                self._section.update(written)
        for pattern, values in zip(self._patterns, rows, strict=True):
            if self._says(pattern) != values:
                raise self._unsayable(pattern)
        return [*rows, *lists.values()]

    def _gathered(
        self, expand: Callable[[Mapping[str, Any], int], Values], keys: tuple[str, ...]
    ) -> Values:
        """A property of the output's layers, each taken from the layer's model."""
        found: dict[int, Values] = {}
        for origin in self._stacked.origins:
            if id(origin.model) not in found:
                found[id(origin.model)] = expand(section_of(origin), origin.stack.depth)
        return [found[id(origin.model)][origin.layer] for origin in self._stacked.origins]

    def _take_over(self, pattern: str, values: Values) -> None:
        """Copy the keys that only layers of some kind read from the models of those layers."""
        for value in kinds_that_read(pattern):
            origins = zip(self._stacked.origins, values, strict=True)
            models = {id(o.model): o for o, each in origins if each == value}
            if models:
                readers = {str(o.model.reference): section_of(o) for o in models.values()}
                keep = id(self._stacked.definer) in models
                self.settled |= take_over(self._section, (pattern, value), readers, keep)

    def _check_type(self, origin: Origin) -> None:
        definer, section = self._stacked.definer, section_of(origin)
        if patterns_of(section, origin.model.checkpoint.config) != self._patterns:
            raise PlanError(
                f"{origin.model.reference} is of model type {_kind(section, origin.model)!r} and "
                f"{definer.reference} of {_kind(self._section, definer)!r}: their layers depend on "
                "their place in different ways, so they cannot be stacked"
            )

    def _other_lists(self) -> list[str]:
        """The lists with an item per layer that no pattern covers."""
        covered = {key for pattern in self._patterns for key in pattern.keys}
        depth = self._stacked.stack.depth
        return [
            key
            for key, value in self._section.items()
            if isinstance(value, list) and len(value) == depth and "layer" in key
            if key not in covered
        ]

    def _says(self, pattern: Pattern) -> Values | None:
        """A pattern's values in the edited section, or None if it contradicts itself."""
        try:
            return pattern.expand(self._section, self._depth)
        except PlanError:
            return None

    def _unsayable(self, pattern: Pattern) -> PlanError:
        definer = self._stacked.definer
        reference, kind = definer.reference, _kind(self._section, definer)
        if pattern in UNKNOWN:
            return PlanError(
                f"the layers of {reference}, of model type {kind!r}, may depend on their places in "
                "ways that are unknown here, so each must keep its place: take all layers in order"
            )
        named = ", ".join(pattern.keys)
        return PlanError(
            f"the layers of {reference} differ by their place ({named} of model type {kind!r}), "
            "and no configuration can describe them in this order; keep layers that differ in "
            "their original order, or take all layers"
        )


def section_of(origin: Origin) -> Config:
    """The section that describes the stack of a layer's model, or the whole configuration."""
    config = origin.model.checkpoint.config
    return next(iter(sections_of(config, origin.stack)), dict(config))


def _kind(section: Mapping[str, Any], model: Ingredient) -> Any:
    return section.get("model_type") or model.checkpoint.config.get("model_type")


def _list(key: str) -> Callable[[Mapping[str, Any], int], Values]:
    def expand(section: Mapping[str, Any], depth: int) -> Values:
        value = section.get(key)
        if not isinstance(value, list) or len(value) != depth:
            raise PlanError(
                f"{key} lists an item per layer in only one of the models of the slices"
            )
        return value

    return expand
