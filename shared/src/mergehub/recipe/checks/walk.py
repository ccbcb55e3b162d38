"""Walks through a plain recipe document that skip anything of the wrong shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, Self

from mergehub.recipe.faults import Path
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import with_revision

Level = Literal["recipe", "module", "slice", "model"]
Content = dict[str, Any]


class Place(NamedTuple):
    """A mapping of the document that may hold parameters, and those that are given there."""

    path: Path
    level: Level
    content: Content
    parameters: Content

    @classmethod
    def of(cls, path: Path, level: Level, content: Content) -> Self:
        """The place of a mapping."""
        given = content.get("parameters")
        return cls(path, level, content, given if isinstance(given, dict) else {})


class Group(NamedTuple):
    """Models merged with one another (those of `models`, or the sources of one slice).

    `around` holds the places whose parameters apply to all of them, the innermost first.
    """

    path: Path
    inputs: tuple[Place, ...]
    around: tuple[Place, ...]

    @property
    def base(self) -> Any:
        """The base model as written at the innermost place that has one, or None."""
        bases = (place.content.get("base_model") for place in self.around)
        return next((base for base in bases if base is not None), None)


def groups(document: Content) -> Iterator[Group]:
    """Yield every group of models that are merged with one another."""
    recipe = Place.of((), "recipe", document)
    yield from _within(recipe, ())
    for path, module in _named((), document, "modules"):
        yield from _within(Place.of(path, "module", module), (recipe,))


def places(document: Content, merged: Iterable[Group]) -> Iterable[Place]:
    """Return every place that may hold parameters, each once; `merged` are the groups."""
    found: dict[Path, Place] = {(): Place.of((), "recipe", document)}
    for path, module in _named((), document, "modules"):
        found[path] = Place.of(path, "module", module)
    for group in merged:
        for place in (*reversed(group.around), *group.inputs):
            found.setdefault(place.path, place)
    return found.values()


def reference(content: Content) -> ModelRef | None:
    """Return the model that an entry names, or None if it names no valid one."""
    return as_reference(with_revision(content).get("model"))


def as_reference(value: Any) -> ModelRef | None:
    """Return a value of the document as a reference, or None."""
    try:
        return ModelRef.parse(value) if isinstance(value, str) else ModelRef.model_validate(value)
    except ValueError:
        return None


def _within(outer: Place, around: tuple[Place, ...]) -> Iterator[Group]:
    """Yield the groups directly in a recipe or a module."""
    inputs = _inputs(outer, "models")
    if inputs:
        yield Group((*outer.path, "models"), inputs, (outer, *around))
    for path, content in _listed(outer.path, outer.content, "slices"):
        part = Place.of(path, "slice", content)
        yield Group((*path, "sources"), _inputs(part, "sources"), (part, outer, *around))


def _inputs(outer: Place, field: str) -> tuple[Place, ...]:
    entries = _listed(outer.path, outer.content, field)
    return tuple(Place.of(path, "model", content) for path, content in entries)


def _listed(path: Path, content: Content, field: str) -> Iterator[tuple[Path, Content]]:
    entries = content.get(field)
    for i, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield (*path, field, i), entry


def _named(path: Path, content: Content, field: str) -> Iterator[tuple[Path, Content]]:
    entries = content.get(field)
    for name, entry in (entries if isinstance(entries, dict) else {}).items():
        if isinstance(entry, dict):
            yield (*path, field, name), entry
