"""The models, slices and modules of two recipes, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mergehub.recipe.reference import ModelRef

from .difference import Difference, Place, change_of
from .pairing import Key, Pair, moved, pairing, whole
from .settings import Parameters

Part = Mapping[str, Any]
Bases = tuple[str | None, str | None]
FORMS = ("models", "slices", "modules")
TOP = Place()


def _models(part: Part) -> tuple[str, ...]:
    return tuple(each["model"] for each in part["sources"])


def _ranges(part: Part) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(each["layer_range"]) for each in part["sources"])


def _range(entry: Part) -> tuple[int, ...]:
    return tuple(entry.get("layer_range", ()))


def _repository(entry: Part) -> str:
    """The model apart from its revision; and its adapter, which makes another model of it."""
    ref = ModelRef.parse(entry["model"])
    return f"{ref.model}+{ref.adapter.model if ref.adapter else ''}".lower()


SLICES: tuple[Key, ...] = (whole, lambda s: (_models(s), _ranges(s)), _models, _ranges)
LISTED: tuple[Key, ...] = (
    whole,
    lambda entry: (entry["model"], _range(entry)),
    lambda entry: entry["model"],
    _repository,
)
SOURCES: tuple[Key, ...] = (*LISTED, _range)
"""What makes slices, models and sources correspond, the most alike first."""


@dataclass(frozen=True)
class Contents:
    """Compares contents; in some methods the order of models matters."""

    parameters: Parameters
    bases: Bases
    ordered: bool

    def compared(self, old: Part, new: Part, place: Place = TOP) -> Iterator[Difference]:
        """Yield how the models, slices or modules of a recipe or module differ."""
        form, other = (next(f for f in FORMS if f in part) for part in (old, new))
        if form != other:
            yield Difference("content", "changed", form, other, places=(place,))
            yield from _other_models(old, new, place)
        elif form == "modules":
            yield from self._modules(old["modules"], new["modules"])
        elif form == "slices":
            yield from self._slices(old["slices"], new["slices"], place)
        else:
            yield from self._entries(old["models"], new["models"], place, LISTED)
            yield from self.parameters.compared(old["parameters"], new["parameters"], place)

    def _modules(self, old: Part, new: Part) -> Iterator[Difference]:
        for name in sorted(old.keys() | new.keys()):
            before, after, place = old.get(name), new.get(name), Place(module=name)
            if before is None or after is None:
                change = change_of(before, after)
                yield Difference("module", change, before, after, name, places=(place,))
            else:
                yield from self.compared(before, after, place)

    def _slices(
        self, old: Sequence[Part], new: Sequence[Part], place: Place
    ) -> Iterator[Difference]:
        found = pairing(old, new, SLICES)
        for i in found.removed:
            at = (replace(place, slice=i + 1),)
            yield Difference("slice", "removed", old[i], None, places=at)
        for j in found.added:
            yield Difference("slice", "added", None, new[j], places=(replace(place, slice=j + 1),))
        for i, j in moved(found.pairs):
            yield Difference("slice", "moved", i + 1, j + 1, places=(replace(place, slice=j + 1),))
        for i, j in found.pairs:
            yield from self._slice(old[i], new[j], replace(place, slice=j + 1))

    def _slice(self, old: Part, new: Part, place: Place) -> Iterator[Difference]:
        own = old.get("base_model"), new.get("base_model")
        if own[0] != own[1]:
            yield Difference("base", change_of(*own), *own, places=(place,))
        yield from self._entries(old["sources"], new["sources"], place, SOURCES)
        yield from self.parameters.compared(old["parameters"], new["parameters"], place)

    def _entries(
        self, old: Sequence[Part], new: Sequence[Part], place: Place, keys: tuple[Key, ...]
    ) -> Iterator[Difference]:
        found = pairing(old, new, keys)
        before, after = _places(place, old), _places(place, new)
        for i in found.removed:
            yield Difference("ingredient", "removed", old[i], None, places=(before[i],))
        for j in found.added:
            yield Difference("ingredient", "added", None, new[j], places=(after[j],))
        for i, j in self._moved(old, new, found.pairs, place):
            yield Difference("ingredient", "moved", i + 1, j + 1, places=(after[j],))
        for i, j in found.pairs:
            yield from self._entry(old[i], new[j], after[j])

    def _entry(self, old: Part, new: Part, place: Place) -> Iterator[Difference]:
        names = old["model"], new["model"]
        if names[0] != names[1]:
            at = (replace(place, model=None, entry=None),)
            yield Difference("ingredient", "changed", *names, places=at)
        layers = old.get("layer_range"), new.get("layer_range")
        if layers[0] != layers[1]:
            yield Difference("layers", change_of(*layers), *layers, places=(place,))
        yield from self.parameters.compared(old["parameters"], new["parameters"], place)

    def _moved(
        self, old: Sequence[Part], new: Sequence[Part], pairs: Sequence[Pair], place: Place
    ) -> list[Pair]:
        """The models whose place matters and changed, and not only since the base did.

        Without a base, the first model of all gives the output its configuration and tokenizer.
        """
        if self.ordered:
            was, is_now = self.bases
            return moved(
                [(i, j) for i, j in pairs if old[i]["model"] != was and new[j]["model"] != is_now]
            )
        first = place.module is None and place.slice in (None, 1) and not any(self.bases)
        came = {j: i for i, j in pairs}
        stayed = {i for i, _ in pairs}
        return [(came[0], 0)] if first and came.get(0, 0) != 0 and 0 in stayed else []


def _places(around: Place, listed: Sequence[Part]) -> list[Place]:
    """The place of each model in a list, with its number if the list names it several times."""
    often = Counter(each["model"] for each in listed)
    return [
        replace(around, model=name, entry=number if often[name] > 1 else None)
        for number, name in enumerate((each["model"] for each in listed), start=1)
    ]


def _other_models(old: Part, new: Part, place: Place) -> Iterator[Difference]:
    """Yield the models that only one of two contents of unlike form names."""
    before, after = (dict.fromkeys(_named(part)) for part in (old, new))
    for name in before:
        if name not in after:
            entry, at = {"model": name}, (replace(place, model=name),)
            yield Difference("ingredient", "removed", entry, None, places=at)
    for name in after:
        if name not in before:
            entry, at = {"model": name}, (replace(place, model=name),)
            yield Difference("ingredient", "added", None, entry, places=at)


def _named(part: Part) -> Iterator[str]:
    """Yield the models of a content in their order."""
    for module in part.get("modules", {}).values():
        yield from _named(module)
    for each in part.get("slices", ()):
        yield from _models(each)
    for entry in part.get("models", ()):
        yield entry["model"]
