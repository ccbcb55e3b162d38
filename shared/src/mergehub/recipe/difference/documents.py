"""Two whole recipes compared, and equal changes in several places put together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mergehub.recipe.canonical import canonical
from mergehub.recipe.methods import catalogue
from mergehub.recipe.schema import Recipe

from .content import Contents
from .difference import Difference, Place, What, change_of
from .pairing import whole
from .settings import Parameters

Document = Mapping[str, Any]
HEADS: tuple[tuple[What, str], ...] = (("method", "merge_method"), ("base", "base_model"))
TAILS: tuple[What, ...] = ("dtype", "chat_template", "allow_submatrix", "same_token_ids")


def differences(old: Recipe, new: Recipe) -> list[Difference]:
    """How `new` differs from `old` in what it merges and how; empty if their digests are equal.

    Formatting, labels and defaults written out make no difference, nor does the order of models
    where it has no effect.

    Raises:
        RecipeError: a merge method is not in the catalogue.
    """
    return between(*(json.loads(canonical(each)) for each in (old, new)))


def between(old: Document, new: Document) -> list[Difference]:
    """The differences of two recipes in canonical form, as plain data of JSON."""
    methods = tuple(catalogue().get(each["merge_method"]) for each in (old, new))
    parameters = Parameters((methods[0], methods[1]))
    bases = old.get("base_model"), new.get("base_model")
    ordered = any(method is None or method.ordered for method in methods)
    contents = Contents(parameters, bases, ordered).compared(old, new)
    found = [*_fields(old, new, HEADS), *contents, *_precision(old, new)]
    found += _fields(old, new, [(name, name) for name in TAILS])
    found += _tokenizer(old.get("tokenizer"), new.get("tokenizer"))
    return list(_together(found, parameters.places))


def _fields(
    old: Document, new: Document, names: Iterable[tuple[What, str]]
) -> Iterator[Difference]:
    for what, name in names:
        before, after = old.get(name), new.get(name)
        if before != after:
            yield Difference(what, change_of(before, after), before, after)


def _precision(old: Document, new: Document) -> Iterator[Difference]:
    """Yield another precision of the output, unless it only follows that of the arithmetic."""
    follows = all(each.get("out_dtype") == each.get("dtype") for each in (old, new))
    yield from () if follows else _fields(old, new, [("out_dtype", "out_dtype")])


def _tokenizer(old: Document | None, new: Document | None) -> Iterator[Difference]:
    before, after = old or {}, new or {}
    for name in ("source", "pad_to_multiple_of"):
        was, is_now = before.get(name), after.get(name)
        if was != is_now:
            yield Difference("tokenizer", change_of(was, is_now), was, is_now, name)
    tokens = before.get("tokens", {}), after.get("tokens", {})
    for name in sorted(tokens[0].keys() | tokens[1].keys()):
        was, is_now = tokens[0].get(name), tokens[1].get(name)
        if whole(was) != whole(is_now):
            yield Difference("token", change_of(was, is_now), was, is_now, name)


def _together(found: Iterable[Difference], counts: Mapping[str, int]) -> Iterator[Difference]:
    """Yield each change once, with all its places, where it first occurred."""
    places: dict[str, tuple[Difference, list[Place]]] = {}
    for each in found:
        key = whole([each.what, each.change, each.name, each.filter, each.old, each.new])
        if each.change == "moved" or each.what in ("slice", "layers"):
            key = f"{key} {each.places}"  # numbers that mean something else in another place
        places.setdefault(key, (each, []))[1].extend(each.places)
    for each, at in places.values():
        everywhere = each.what == "parameter" and 1 < len(at) == counts[each.name or ""]
        yield replace(each, places=tuple(at), everywhere=everywhere)
