"""A model's folder: its configuration and where each of its tensors lies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import CheckpointError, InputChangedError, NotSupportedError, SourceError
from .header import Region, read_header

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
ADAPTER = "adapter_model.safetensors"
PICKLED = (".bin", ".pt", ".pth", ".ckpt")


@dataclass(frozen=True)
class FileStamp:
    """What shows that a file is still the one that was looked at."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> FileStamp:
        """The stamp of a file.

        Raises:
            InputChangedError: the file is gone.
        """
        try:
            status = path.stat()
        except OSError as error:
            raise InputChangedError(f"{path} vanished ({error.strerror})") from None
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


@dataclass(frozen=True)
class Checkpoint:
    """A folder in the layout of transformers, or of PEFT for an adapter; nothing but headers read.

    `tensors` maps names to regions whose `file` is relative to `folder`; `stamps` has every file
    that holds tensors.
    """

    folder: Path
    config: dict[str, Any]
    tensors: dict[str, Region]
    stamps: dict[str, FileStamp]

    @cached_property
    def tied(self) -> bool:
        """Whether the output matrix is the input embedding."""
        text = self.config.get("text_config")
        nested = text.get("tie_word_embeddings") if isinstance(text, dict) else None
        return bool(self.config.get("tie_word_embeddings", nested))


def open_checkpoint(folder: Path) -> Checkpoint:
    """Read the configuration and the headers of a model's folder.

    Raises:
        SourceError: no model is there.
        NotSupportedError: its weights are pickled.
        CheckpointError: its files are damaged or contradict each other.
    """
    config = read_json(folder / "config.json")
    return _open(folder, config, _weight_files(folder))


def weight_regions(folder: Path) -> dict[str, Region]:
    """The tensors of a model's folder by name, its configuration left aside; raises the same."""
    return _open(folder, {}, _weight_files(folder)).tensors


def open_adapter(folder: Path) -> Checkpoint:
    """Read the configuration and the header of a PEFT adapter's folder; raises the same."""
    config = read_json(folder / "adapter_config.json")
    if not (folder / ADAPTER).is_file():
        raise _no_weights(folder, ADAPTER)
    return _open(folder, config, {ADAPTER: None})


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        SourceError: there is no such file.
        CheckpointError: it is not a JSON object.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise SourceError(f"{path.parent} has no {path.name}") from None
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} must hold a JSON object")
    return value


def _open(folder: Path, config: dict[str, Any], files: dict[str, set[str] | None]) -> Checkpoint:
    tensors: dict[str, Region] = {}
    stamps = {}
    for name, expected in files.items():
        stamps[name] = FileStamp.of(folder / name)
        found = read_header(folder / name)
        missing = (expected or set()) - found.keys()
        if missing:
            raise CheckpointError(f"{folder / name} lacks {min(missing)!r}, which the index claims")
        twice = found.keys() & tensors.keys()
        if twice:
            raise CheckpointError(f"{folder} holds {min(twice)!r} in two files")
        tensors |= found
    return Checkpoint(folder, config, tensors, stamps)


def _weight_files(folder: Path) -> dict[str, set[str] | None]:
    """Each safetensors file of a model and the tensors that the index expects in it."""
    if (folder / INDEX).is_file():
        return _indexed(folder)
    if (folder / SINGLE).is_file():
        return {SINGLE: None}
    raise _no_weights(folder, f"{SINGLE} or {INDEX}")


def _indexed(folder: Path) -> dict[str, set[str] | None]:
    shards: dict[str, set[str] | None] = {}
    weight_map = read_json(folder / INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError(f"{folder / INDEX} has no weight_map")
    for tensor, name in weight_map.items():
        if (
            not isinstance(name, str)
            or Path(name).name != name
            or not name.endswith(".safetensors")
        ):
            raise CheckpointError(
                f"{folder / INDEX} puts {tensor!r} into {name!r}; "
                "a shard is a .safetensors file in the same folder"
            )
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder / INDEX} names {name}, which is not there")
        members = shards.setdefault(name, set())
        assert members is not None
        members.add(tensor)
    return dict(sorted(shards.items()))


def _no_weights(folder: Path, wanted: str) -> NotSupportedError | SourceError:
    pickled = [p.name for p in sorted(folder.iterdir()) if p.suffix in PICKLED]
    if pickled:
        return NotSupportedError(
            f"{folder} holds its weights in {pickled[0]}, a format that can run code when it is "
            "opened; convert it to safetensors (transformers: save_pretrained)"
        )
    return SourceError(f"{folder} holds no weights: there is no {wanted}")
