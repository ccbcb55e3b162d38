"""A model's folder: its configuration, and the place of each of its tensors."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from merge_worker.engine.errors import CheckpointError
from merge_worker.engine.files.header import Region, header_of
from merge_worker.engine.files.other_folders import no_model
from merge_worker.engine.files.reading import FileStamp, Within, opened, read_small
from merge_worker.engine.files.strict_json import json_object
from mergehub.recipe.lock import LockedFile

from .config_types import check_config

SINGLE: Final = "model.safetensors"
INDEX: Final = "model.safetensors.index.json"
ADAPTER: Final = "adapter_model.safetensors"
CONFIG: Final = "config.json"
ADAPTER_CONFIG: Final = "adapter_config.json"

Expected = dict[str, set[str] | None]
"""By file, the tensors that the index expects in it, if there is an index."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder in the layout of transformers, or of PEFT for an adapter; only headers are read.

    `tensors` maps names to regions whose `file` is relative to `folder`. `stamps` has every file
    that holds tensors, and `read` every other file that was read, with its stamp at that time.
    """

    folder: Path
    config: dict[str, Any]
    tensors: dict[str, Region]
    stamps: dict[str, FileStamp]
    read: dict[str, LockedFile] = field(default_factory=dict)

    @cached_property
    def tied(self) -> bool:
        """Whether the output matrix is the input embedding."""
        text = self.config.get("text_config")
        nested = text.get("tie_word_embeddings") if isinstance(text, dict) else None
        return bool(self.config.get("tie_word_embeddings", nested))


def open_checkpoint(folder: Path, within: Within = None) -> Checkpoint:
    """Read the configuration and the headers of a model's folder.

    Raises:
        SourceError: there is no model, or a file is outside `within`.
        NotSupportedError: its weights are pickled or have another format.
        CheckpointError: its files are damaged or contradict each other.
    """
    reader = _Reader(folder, within)
    if not os.path.lexists(folder / CONFIG):
        raise no_model(folder, CONFIG)
    config = reader.json(CONFIG)
    check_config(config, folder / CONFIG)
    return reader.checkpoint(config, _weight_files(reader))


def weight_regions(folder: Path) -> dict[str, Region]:
    """The tensors of a model's folder by name, without its configuration; raises the same."""
    reader = _Reader(folder, None)
    return reader.checkpoint({}, _weight_files(reader)).tensors


def open_adapter(folder: Path, within: Within = None) -> Checkpoint:
    """Read the configuration and the header of a PEFT adapter's folder; raises the same."""
    reader = _Reader(folder, within)
    for name in (ADAPTER_CONFIG, ADAPTER):
        if not os.path.lexists(folder / name):
            raise no_model(folder, name)
    return reader.checkpoint(reader.json(ADAPTER_CONFIG), {ADAPTER: None})


class _Reader:
    """Reads one folder and records what was read."""

    def __init__(self, folder: Path, within: Within) -> None:
        self.folder, self._within = folder, within
        self._read: dict[str, LockedFile] = {}

    def json(self, name: str) -> dict[str, Any]:
        """The JSON object in a small file."""
        content = read_small(self.folder / name, within=self._within)
        digest = hashlib.sha256(content).hexdigest()
        self._read[name] = LockedFile(sha256=digest, size=len(content))
        return json_object(content, self.folder / name)

    def checkpoint(self, config: dict[str, Any], files: Expected) -> Checkpoint:
        """The folder, with the headers of its weight files."""
        tensors: dict[str, Region] = {}
        stamps = {}
        for name, expected in files.items():
            path = self.folder / name
            with opened(path, self._within) as descriptor:
                stamps[name] = FileStamp.of(descriptor)
                found = header_of(path, descriptor)
            missing = (expected or set()) - found.keys()
            if missing:
                raise CheckpointError(f"{path} lacks {min(missing)!r}, which the index lists in it")
            twice = found.keys() & tensors.keys()
            if twice:
                raise CheckpointError(f"{self.folder} has {min(twice)!r} in two files")
            tensors |= found
        if not tensors:
            raise CheckpointError(f"{self.folder} has no tensors: {', '.join(files)} is empty")
        return Checkpoint(self.folder, config, tensors, stamps, self._read)


def _weight_files(reader: _Reader) -> Expected:
    """Each safetensors file of a model, with the tensors that the index expects in it.

    If there are a single file and shards, the single file counts, as in transformers.
    """
    if os.path.lexists(reader.folder / SINGLE):
        return {SINGLE: None}
    if os.path.lexists(reader.folder / INDEX):
        return _indexed(reader)
    raise no_model(reader.folder, f"{SINGLE} or {INDEX}")


def _indexed(reader: _Reader) -> Expected:
    shards: dict[str, set[str]] = {}
    path = reader.folder / INDEX
    weight_map = reader.json(INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError(f"{path} has no weight_map")
    for tensor, name in weight_map.items():
        if not _is_shard(name):
            raise CheckpointError(
                f"{path} lists {tensor!r} in {name!r}; "
                "a shard must be a .safetensors file in the same folder"
            )
        shards.setdefault(name, set()).add(tensor)
    missing = [name for name in sorted(shards) if not os.path.lexists(reader.folder / name)]
    if missing:
        raise CheckpointError(
            f"{path} names {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} "
            "missing: download the rest of the model"
        )
    return dict(sorted(shards.items()))


def _is_shard(name: Any) -> bool:
    return (
        isinstance(name, str)
        and Path(name).name == name
        and name.endswith(".safetensors")
        and name.isprintable()
        and len(name.encode()) <= 255
    )
