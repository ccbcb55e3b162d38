"""Differences in words: where each is, and values in short."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mergehub.recipe.faults import printable
from mergehub.recipe.filters import EVERYTHING

from .difference import Difference, Place

MOST_PLACES = 4
NOTHING = "–"
LONGEST = 80

_SUBJECTS = {
    "method": "merge method",
    "base": "base model",
    "content": "what is merged",
    "dtype": "dtype",
    "out_dtype": "out_dtype",
    "chat_template": "chat template",
    "allow_submatrix": "allow_submatrix",
    "same_token_ids": "same_token_ids",
}
_FORMS = {"models": "whole models", "slices": "slices", "modules": "modules"}


def path(difference: Difference) -> str:
    """What differs and where: `density of org/one in slice 2`."""
    subject, where = _subject(difference), _where(difference)
    return f"{subject} {where}".rstrip()


def values(difference: Difference) -> tuple[str, str]:
    """The older and the newer value, each in one line that is shortened if it is long."""
    both = difference.old, difference.new
    if difference.what == "ingredient" and difference.change in ("added", "removed"):
        older, newer = (each and ", ".join(_facts(each)) for each in both)  # the path names it
    else:
        older, newer = map(_value, both)
    return _short(older), _short(newer)


def _short(text: str | None) -> str:
    shown = printable(text or NOTHING)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def _subject(difference: Difference) -> str:
    name = printable(difference.name or "")
    match difference.what:
        case "parameter":
            return f"{name}{_tensors(difference.filter)}"
        case "token":
            return f"token {name}"
        case "tokenizer":
            return "tokenizer" if name == "source" else f"{name} of the tokenizer"
        case "module":
            return f"module {name}"
        case "ingredient" | "slice" | "layers" as what:
            return what
    return _SUBJECTS[difference.what]


def _tensors(filter_: str | None) -> str:
    if filter_ is None:
        return ""
    return " for other tensors" if filter_ == EVERYTHING else f" for {printable(filter_)}"


def _where(difference: Difference) -> str:
    if difference.what == "module":
        return ""
    if difference.what == "slice":
        (place,) = difference.places
        return f"{place.slice}{_module(place)}"
    if difference.everywhere:
        return _everywhere(difference.places)
    own = difference.what == "ingredient"
    named = list(dict.fromkeys(_grouped(difference.places, own)))
    more = [f"{len(named) - MOST_PLACES} more"] if len(named) > MOST_PLACES else []
    return _listed([*named[:MOST_PLACES], *more])


def _everywhere(places: Sequence[Place]) -> str:
    if any(place.slice for place in places):
        return "in every slice"
    return "of every model" if places[0].model else "in every module"


def _grouped(places: Iterable[Place], own: bool) -> Iterable[str]:
    """Each model or module with the slices in which it is; `own`: the model is the subject."""
    slices: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for place in places:
        number = f" (no. {place.entry})" if place.entry else ""
        model = f"{printable(place.model)}{number}" if place.model else ""
        name = model if own or not model else f"of {model}"
        slices[name, _module(place)] += [str(place.slice)] if place.slice else []
    for (name, module), numbers in slices.items():
        few = [*numbers[:MOST_PLACES], *(["…"] if len(numbers) > MOST_PLACES else [])]
        within = f"in slice{'s' * (len(numbers) > 1)} {_listed(few)}" if numbers else ""
        yield " ".join(filter(None, (name, within, module.strip() if numbers or name else "")))


def _module(place: Place) -> str:
    return f" in module {printable(place.module)}" if place.module else ""


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _value(given: Any) -> str | None:
    """A value of the canonical form; None for nothing."""
    match given:
        case None:
            return None
        case str():
            return _FORMS.get(given, given)
        case {"slices": list(slices)}:
            return f"{len(slices)} slices"
        case {"sources": list(listed)} | {"models": list(listed)}:
            return ", ".join([" + ".join(map(_entry, listed)), *_facts(given)])
        case [{"value": _}, *_]:
            return ", ".join(map(_filtered, given))
        case {"value": _}:
            return _filtered(given)
    return json.dumps(given, ensure_ascii=False)


def _entry(entry: Mapping[str, Any]) -> str:
    facts = ", ".join(_facts(entry))
    return f"{entry['model']} ({facts})" if facts else str(entry["model"])


def _facts(entry: Mapping[str, Any]) -> list[str]:
    """The layers and the parameters of a listed model."""
    layers = [json.dumps(entry["layer_range"])] if "layer_range" in entry else []
    return layers + [f"{name} {_value(v)}" for name, v in entry.get("parameters", {}).items()]


def _filtered(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('filter', 'other')}: {_value(entry['value'])}"
