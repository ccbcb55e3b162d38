"""The plan of a merge: a table of every output tensor, with all that is needed to fill it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from merge_worker.engine.files.dtypes import ITEMSIZE
from merge_worker.engine.files.header import Region
from merge_worker.engine.files.reading import FileStamp
from merge_worker.engine.models.adapter import LowRank
from merge_worker.engine.models.sources import Kind
from mergehub.recipe.lock import LockedFile
from mergehub.recipe.scalars import Scalar
from mergehub.recipe.schema import Recipe

from .numpy_methods import MethodFile

ENGINE_VERSION: Final = "5"
"""Increases when the same recipe and inputs would give other bytes."""

BLOCK: Final = 1 << 18
"""How many elements of an output tensor a thread works on at a time, by default."""


@dataclass(frozen=True)
class PlannedModel:
    """An ingredient: its reference, its folder, and what is known about its files.

    `stamps` has the files with tensors, `read` the other files read for the plan; `licence` is what
    its card states.
    """

    reference: str
    kind: Kind
    revision: str | None
    folder: Path
    stamps: dict[str, FileStamp]
    read: dict[str, LockedFile] = field(default_factory=dict)
    licence: str | None = None
    adapter: PlannedModel | None = None


@dataclass(frozen=True)
class Operand:
    """One ingredient's part in an output tensor.

    Of `region`, as many elements are read from its start as the output has; `update` is what the
    ingredient's adapter adds.
    """

    model: int
    tensor: str
    region: Region
    update: LowRank | None = None
    parameters: dict[str, Scalar] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Bytes per element in memory: float32 if an adapter is added."""
        stored = ITEMSIZE[self.region.dtype]
        return max(4, stored) if self.update else stored


@dataclass(frozen=True)
class PlannedTensor:
    """An output tensor: its place and how it is made.

    If `method` is None, the only operand's bytes are copied unchanged.
    """

    name: str
    region: Region
    method: str | None
    settings: dict[str, Scalar]
    base: Operand | None
    operands: tuple[Operand, ...]

    @property
    def rows(self) -> tuple[Operand, ...]:
        """All operands that are read, the base first."""
        return (self.base, *self.operands) if self.base else self.operands

    @property
    def bytes_in(self) -> int:
        """How many bytes one pass reads."""
        return sum(self.region.size * ITEMSIZE[row.region.dtype] for row in self.rows)


@dataclass(frozen=True)
class Plan:
    """Everything about a merge that is known before a tensor is read.

    Attributes:
        recipe: the recipe as given.
        seed: the seed of everything random.
        models: the ingredients, in the order in which they are named.
        tokenizer: the model that gives the tokenizer, if none of its weights is read.
        tensors: the output tensors, in the order of the shards and their contents.
        config: the output's `config.json`.
        copies: files of the output that are copies (tokenizer, licence), with their originals.
        stamps: the stamp that each such original had at planning time, by the name of its copy.
        texts: files of the output and their content.
        notes: what the user should know, in sentences; they go into the card and the manifest.
        method_file: the file that the method comes from, if it is not part of the engine.
    """

    recipe: Recipe
    seed: int
    models: tuple[PlannedModel, ...]
    tensors: tuple[PlannedTensor, ...]
    config: dict[str, Any]
    tokenizer: PlannedModel | None = None
    copies: dict[str, Path] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, FileStamp] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    method_file: MethodFile | None = None

    @property
    def shards(self) -> dict[str, list[PlannedTensor]]:
        """The output's safetensors files and their tensors, in order."""
        shards: dict[str, list[PlannedTensor]] = {}
        for tensor in self.tensors:
            shards.setdefault(tensor.region.file, []).append(tensor)
        return shards

    @property
    def bytes_in(self) -> int:
        """Bytes of tensors that are read; each counts once, for any number of passes."""
        return sum(tensor.bytes_in for tensor in self.tensors)

    @property
    def bytes_out(self) -> int:
        """Bytes of tensors that are written."""
        return sum(tensor.region.nbytes for tensor in self.tensors)

    @property
    def copied(self) -> tuple[str, ...]:
        """The tensors whose bytes are copied unchanged."""
        return tuple(tensor.name for tensor in self.tensors if tensor.method is None)

    @cached_property
    def digest(self) -> str:
        """The digest of all that determines the output's bytes and places, stamps included."""
        text = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON data."""
        plain = dataclasses.asdict(dataclasses.replace(self, recipe=None))  # type: ignore[arg-type]
        plain["recipe"] = self.recipe.model_dump(mode="json", exclude_defaults=True)
        plain["engine"] = ENGINE_VERSION
        return json.loads(json.dumps(plain, default=_plain))  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    return value.model_dump() if isinstance(value, BaseModel) else str(value)
