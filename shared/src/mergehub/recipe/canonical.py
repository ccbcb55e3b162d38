"""The canonical form of a recipe and its digest: the same merge, the same bytes.

Everything that can be written in several ways is written in one: each parameter is at the innermost
place where it can differ, with its default if none was given; labels, the order of keys and
formatting are dropped. The canonical form is itself a recipe.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import chain
from typing import Any

import rfc8785

from mergehub.recipe.checks.rules import unknown_method

from .faults import RecipeError
from .filters import EVERYTHING
from .methods import MethodSpec, ParameterSpec, catalogue
from .reference import ModelRef
from .scalars import LARGEST_INTEGER
from .schema import ModelInput, OutputModule, OutputSlice, Recipe, SliceSource
from .values import FilteredValue, Parameters, Setting, is_filtered

Places = tuple[Parameters, ...]


def canonical(recipe: Recipe) -> bytes:
    """The recipe as JSON by RFC 8785, with its defaults filled in.

    Raises:
        RecipeError: its merge method is not in the catalogue.
    """
    return written(canonical_document(recipe))


def recipe_digest(recipe: Recipe) -> str:
    """`sha256:` and the hexadecimal SHA-256 of the canonical form."""
    return digest_of(canonical(recipe))


def digest_of(written: bytes) -> str:
    """The digest of a recipe whose canonical form this is."""
    return f"sha256:{sha256(written).hexdigest()}"


def written(document: Any) -> bytes:
    """Plain data as JSON by RFC 8785.

    Python's encoder writes ASCII text and most numbers in the same way, in a fraction of the time.
    """
    try:
        text = json.dumps(
            _usual(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
    except _Unusual:
        return rfc8785.dumps(document)
    return text.encode() if text.isascii() else rfc8785.dumps(document)


class _Unusual(Exception):
    """A number that Python's encoder writes in another way than RFC 8785."""


def _usual(value: Any) -> Any:
    """The same data, with whole numbers as integers. Raises _Unusual."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, dict):
        return {name: _usual(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_usual, value))
    if value == 0 or 1e-4 <= abs(value) <= LARGEST_INTEGER:
        return int(value) if isinstance(value, float) and value.is_integer() else value
    raise _Unusual


def canonical_document(recipe: Recipe) -> dict[str, Any]:
    """The canonical form as plain data."""
    method = catalogue().get(recipe.merge_method)
    if method is None:
        raise RecipeError([unknown_method(recipe.merge_method)])
    tokenizer = recipe.tokenizer_options
    fields = {
        "merge_method": recipe.merge_method,
        "base_model": recipe.base_model and str(recipe.base_model),
        "dtype": recipe.dtype,
        "out_dtype": recipe.out_dtype or recipe.dtype,
        "tokenizer": tokenizer and tokenizer.model_dump(mode="json", exclude_none=True),
        "chat_template": recipe.chat_template,
        "allow_submatrix": recipe.allow_submatrix,
        "same_token_ids": recipe.same_token_ids or None,  # absent from earlier digests
    }
    given = {name: value for name, value in fields.items() if value is not None}
    return given | _Writer(method, recipe.base_model).contents(recipe, ())


class _Writer:
    """Writes the parts of a recipe with every parameter at its innermost place."""

    def __init__(self, method: MethodSpec, base: ModelRef | None) -> None:
        self._method = method
        self._base = base

    def contents(self, part: Recipe | OutputModule, around: Places) -> dict[str, Any]:
        """The models, slices or modules of a part, and the parameters that remain its own."""
        places = (part.parameters, *around)
        if isinstance(part, Recipe) and part.modules is not None:
            modules = {name: self.contents(each, places) for name, each in part.modules.items()}
            return {"modules": modules}
        if part.slices is not None:
            return {"slices": [self._slice(each, places) for each in part.slices]}
        models = [self._input(e, places, self._base) for e in self._merged(part.models or ())]
        return {"models": models, "parameters": self._parameters("recipe", places)}

    def _slice(self, part: OutputSlice, around: Places) -> dict[str, Any]:
        places = (part.parameters, *around)
        base = part.base_model or self._base
        own_base = {} if base == self._base else {"base_model": str(base)}
        return own_base | {
            "sources": [self._input(source, places, base) for source in part.sources],
            "parameters": self._parameters("recipe", places),
        }

    def _input(self, entry: ModelInput, around: Places, base: ModelRef | None) -> dict[str, Any]:
        layers = {"layer_range": entry.layer_range} if isinstance(entry, SliceSource) else {}
        origin = self._method.base in ("required", "optional") and entry.model == base
        parameters = {} if origin else self._parameters("model", (entry.parameters, *around))
        return {"model": str(entry.model), "parameters": parameters} | layers

    def _merged(self, models: Sequence[ModelInput]) -> Sequence[ModelInput]:
        """Return the listed models that are merged.

        The origin of task vectors is left out, listed or not; a base that is a member comes first,
        listed or not.
        """
        base, role = self._base, self._method.base
        if base is None or role == "none":
            return models
        others = [entry for entry in models if entry.model != base]
        if role != "member":
            return others
        listed = [entry for entry in models if entry.model == base]
        joins = self._method.joins([entry.model for entry in models], base)
        return [*([ModelInput(model=base)] if joins else listed), *others]

    def _parameters(self, scope: str, places: Places) -> dict[str, Any]:
        """Return the value that each parameter of that scope has here."""
        written = {}
        for spec in self._method.parameters:
            if spec.scope != scope:
                continue
            settings = [place[spec.name] for place in places if spec.name in place]
            if spec.default is not None:
                settings.append(spec.default)
            if settings:
                written[spec.name] = _write(_joined(settings), spec)
        return written


def _joined(settings: Sequence[Setting]) -> Setting:
    """Join several values into one; a later value applies if no earlier one matches."""
    if not is_filtered(settings[0]):
        return settings[0]
    entries: list[FilteredValue] = []
    for entry in chain.from_iterable(map(_entries, settings)):
        if entry.filter is None:
            return (*entries, entry) if entries else entry.value
        entries.append(entry)
    return tuple(entries)


def _entries(setting: Setting) -> Iterator[FilteredValue]:
    """Yield a value as filtered values; only an entry without a filter matches every tensor."""
    if is_filtered(setting):
        for entry in setting:
            if entry.filter in (None, EVERYTHING):
                yield from _entries(entry.value)
            else:
                yield FilteredValue(value=_joined([entry.value]), filter=entry.filter)
    else:
        yield FilteredValue(value=setting)


def _write(setting: Setting, spec: ParameterSpec) -> Any:
    if not isinstance(setting, tuple):
        return spec.convert(setting)
    if not is_filtered(setting):
        anchors = [each if spec.type == "int" else spec.convert(each) for each in setting]
        return anchors[0] if len(anchors) == 1 else anchors
    return [
        {"value": _write(entry.value, spec)} | ({"filter": entry.filter} if entry.filter else {})
        for entry in setting
    ]
