"""Recipes that other people wrote, with small models in place of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from parity_models import recipe_size, write_model

WHOLE = 6
"""Layers of the models of a recipe that merges them whole."""

MODEL_KEYS = ("model", "base_model")
TOKENIZER_KEYS = ("tokenizer_source", "source")
Document = dict[str, Any]


@dataclass
class StandIns:
    """Small models of one depth, one for each name that a recipe uses; the base is `base`."""

    folder: Path
    depth: int
    base: str | None
    names: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """The stand-in of a model, written on its first use."""
        if name not in self.names:
            kind = "base" if name == self.base else f"m{len(self.names)}"
            self.names[name] = f"./{self.depth}-{kind}"
            write_model(self.folder / self.names[name], kind, recipe_size(self.depth))
        return self.names[name]

    def replaced(self, value: Any) -> Any:
        """A document with stand-ins for all models."""
        if isinstance(value, list):
            return [self.replaced(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {key: self._value(key, each) for key, each in value.items()}

    def _value(self, key: str, value: Any) -> Any:
        tokenizer = key in TOKENIZER_KEYS and value not in ("base", "union")
        if isinstance(value, str) and (key in MODEL_KEYS or tokenizer):
            return self.of(value)
        return self.replaced(value)


def real_recipes(folder: Path) -> Iterator[tuple[str, Document]]:
    """Every recipe in a folder by its number; numbers with a part for files of several."""
    for path in sorted(folder.glob("*.yml")):
        number = path.stem.partition("-")[0]
        documents = [each for each in yaml.safe_load_all(path.read_text()) if each]
        for i, document in enumerate(documents):
            yield (f"{number}.{i + 1}" if len(documents) > 1 else number), document


def with_stand_ins(document: Document, folder: Path) -> Document:
    """The recipe over small models in `folder`, as deep as its layer ranges ask for."""
    depth = max(_ends(document), default=WHOLE)
    base = document.get("base_model")
    return dict(StandIns(folder, depth, base).replaced(document))


def comparable(document: Document, rescales: bool) -> Document:
    """The recipe calculated in float32, its output as it asks; rescaled by the norm of mergekit."""
    out = document.get("out_dtype") or document.get("dtype") or "bfloat16"
    changed = {**document, "dtype": "float32", "out_dtype": out}
    if rescales:
        changed["parameters"] = {"rescale_norm": "l1", **(document.get("parameters") or {})}
    return changed


def only_base(document: Document) -> Document:
    """The recipe that gives the base, stacked as this one stacks it."""
    bare = {key: _bare(value) for key, value in document.items() if key != "parameters"}
    return {**bare, "merge_method": "task_arithmetic", "parameters": {"lambda": 0.0, "weight": 1.0}}


def has_gradient(value: Any) -> bool:
    """Whether a parameter anywhere in a document is a list of numbers."""
    if isinstance(value, Mapping):
        return any(has_gradient(each) for key, each in value.items() if key != "layer_range")
    if isinstance(value, list):
        numbers = len(value) > 1 and all(isinstance(each, int | float) for each in value)
        return numbers or any(has_gradient(each) for each in value)
    return False


def _ends(value: Any) -> Iterator[int]:
    if isinstance(value, list):
        for each in value:
            yield from _ends(each)
    if isinstance(value, dict):
        for key, each in value.items():
            yield from [int(each[1])] if key == "layer_range" else _ends(each)


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in value.items() if key != "parameters"}
    return value
