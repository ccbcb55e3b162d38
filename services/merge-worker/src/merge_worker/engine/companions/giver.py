"""A model that gives files to the output, and those of its files that can be copied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from merge_worker.engine.errors import CheckpointError, NotSupportedError
from merge_worker.engine.files.file_kinds import (
    NOT_COPIED,
    NOT_COPIED_INSIDE,
    TEMPLATES,
    matches,
    why_never,
)
from merge_worker.engine.files.reading import opened
from merge_worker.engine.files.strict_json import read_value
from merge_worker.engine.models.sources import Location, Sources
from merge_worker.engine.plan import PlannedModel
from mergehub.recipe.reference import ModelRef

MODULES: Final = "modules.json"
FOLDERS: Final = (TEMPLATES, "custom_generate")
"""Folders that are copied, besides those that sentence-transformers' modules.json names."""
MOST_ENTRIES: Final = 10_000
MOST_INSIDE: Final = 100
"""The most entries of a model's folder, and of each folder inside it."""
DEPTH: Final = 3


@dataclass(frozen=True)
class Giver:
    """A model: its reference and its folder."""

    reference: ModelRef
    location: Location

    def files(self, sources: Sources) -> dict[str, Path]:
        """The files that can be copied, by their path in the folder.

        Raises:
            CheckpointError: one is not a regular file, or its name cannot be printed.
            SourceError: one is a link that leads out of the allowed folders.
        """
        folder = self.location.folder
        names = [name for name in _names(folder) if not matches(name, NOT_COPIED)]
        for each in (*self.modules, *FOLDERS):
            inside = _walk(folder / each, each, DEPTH)
            names += [name for name in inside if not matches(name, NOT_COPIED_INSIDE)]
        for name in names:
            with opened(folder / name, sources.within(folder / name)):
                pass
        return {name: folder / name for name in names}

    @property
    def never_copied(self) -> dict[str, list[str]]:
        """The files next to the weights that are never part of a model, by the reason."""
        found: dict[str, list[str]] = {}
        for name in _names(self.location.folder):
            if why := why_never(name):
                found.setdefault(why, []).append(name)
        return found

    @property
    def planned(self) -> PlannedModel:
        """The plan's record of it, if only its files are copied."""
        at = self.location
        reference = str(self.reference.without_adapter)
        return PlannedModel(reference, at.kind, at.revision, at.folder, {}, {})

    @property
    def modules(self) -> list[str]:
        """The folders of sentence-transformers' modules, except the model itself.

        Raises:
            CheckpointError: modules.json is not a list of modules, each in a folder of its own.
            NotSupportedError: modules.json names another model than the one that is merged.
        """
        path = self.location.folder / MODULES
        if not path.is_file():
            return []
        modules = read_value(path)
        if not isinstance(modules, list) or not all(isinstance(each, dict) for each in modules):
            raise CheckpointError(f"{path} must contain a list of modules")
        return [name for each in modules if (name := _folder(path, each))]


def _folder(path: Path, module: dict[str, Any]) -> str | None:
    """The folder that a module names, or None if it is the model's own."""
    name = module.get("path")
    if not isinstance(name, str):
        raise CheckpointError(f"{path} has a module whose path is not text")
    name = name.removesuffix("/")
    odd = Path(name).name != name or name.startswith(".") or not name.isprintable()
    if odd or matches(name, NOT_COPIED):
        raise CheckpointError(f"{path} names {name[:100]!r}; a module must be a folder next to it")
    if name and str(module.get("type")).endswith("Transformer"):
        raise NotSupportedError(
            f"{path} says that the model is in {name}, so sentence-transformers would not read the "
            f"weights in this folder; merge the folder {name} instead"
        )
    return name or None


def _names(folder: Path) -> Iterator[str]:
    """The files directly in a folder, in order."""
    entries = _entries(folder, MOST_ENTRIES)
    return (entry.name for entry in entries if not os.path.isdir(entry.path))


def _walk(folder: Path, prefix: str, depth: int) -> Iterator[str]:
    """The files in a folder and its subfolders, each with its path after the prefix.

    A link to a folder is not followed: it counts as a file, and is refused later.
    """
    if not folder.is_dir():
        return
    for entry in _entries(folder, MOST_INSIDE):
        name = f"{prefix}/{entry.name}"
        if not entry.is_dir(follow_symlinks=False):
            yield name
        elif depth > 1:
            yield from _walk(folder / entry.name, name, depth - 1)


def _entries(folder: Path, most: int) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as listing:
        entries = list(islice(listing, most + 1))
    if len(entries) > most:
        raise CheckpointError(f"{folder} contains more than {most} files")
    for entry in entries:
        if not entry.name.isprintable():
            raise CheckpointError(
                f"{folder} contains {entry.name!r}, a name that cannot be printed"
            )
    return sorted(entries, key=lambda entry: entry.name)
