"""The lock of a merge: the digest of every input file, remembered between merges."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from mergehub.recipe.canonical import recipe_digest
from mergehub.recipe.lock import Lock, LockedFile, LockedIngredient
from mergehub.recipe.reference import ModelRef

from .checkpoint import INDEX, FileStamp
from .digests import file_digest
from .plan import ENGINE_VERSION, Plan, PlannedModel

CACHE = "input-digests.json"


class DigestCache:
    """SHA-256 of files, taken again only when a file's size, time or inode differ."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / CACHE if folder else None
        self._known: dict[str, list[int | str]] = {}
        if self._path:
            with suppress(OSError, ValueError):
                self._known = json.loads(self._path.read_bytes())

    def of(self, path: Path) -> str:
        """The digest of a file."""
        stamp = FileStamp.of(path)
        key = [stamp.size, stamp.mtime_ns, stamp.inode]
        known = self._known.get(str(path))
        if known is None or known[:3] != key:
            known = self._known[str(path)] = [*key, file_digest(path)]
        return str(known[3])

    def save(self) -> None:
        """Remember the digests for the next merge, if that can be written."""
        if self._path is None:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            for begun in self._path.parent.glob(f"{self._path.stem}.*"):
                if begun != self._path:  # by a merge that was killed, or that saves right now
                    begun.unlink()
            fresh = self._path.with_suffix(f".{os.getpid()}")
            try:
                fresh.write_text(json.dumps(self._known), encoding="utf-8")
                fresh.replace(self._path)
            except OSError:
                fresh.unlink(missing_ok=True)


def wanted(plan: Plan) -> list[Path]:
    """Every file that the lock names, each once."""
    return sorted({part.folder / name for part in _parts(plan) for name in _files(part)})


def lock_of(plan: Plan, digests: DigestCache, copied: Mapping[Path, LockedFile]) -> Lock:
    """The lock: recipe, engine, seed and the files of every ingredient; `copied` are those that
    came along as they were."""
    return Lock(
        recipe=recipe_digest(plan.recipe),
        engine=ENGINE_VERSION,
        seed=plan.seed,
        ingredients=tuple(_locked(part, digests, copied) for part in _parts(plan)),
    )


def _locked(
    model: PlannedModel, digests: DigestCache, copied: Mapping[Path, LockedFile]
) -> LockedIngredient:
    files = {
        name: LockedFile(
            sha256=digests.of(model.folder / name), size=(model.folder / name).stat().st_size
        )
        for name in _files(model)
    }
    files |= {
        path.relative_to(model.folder).as_posix(): file
        for path, file in copied.items()
        if path.is_relative_to(model.folder)
    }
    reference = ModelRef.parse(model.reference)
    return LockedIngredient(ref=reference, kind=model.kind, revision=model.revision, files=files)


def _parts(plan: Plan) -> Iterator[PlannedModel]:
    """Models and their adapters, each as an ingredient of its own, and the tokenizer's model."""
    for model in plan.models:
        yield model
        if model.adapter:
            yield model.adapter
    if plan.tokenizer:
        yield plan.tokenizer


def _files(model: PlannedModel) -> list[str]:
    """The files that tensors and their shapes are read from; none where only copies are made."""
    if not model.stamps:
        return []
    configs = ("config.json", "adapter_config.json", INDEX)
    return [*model.stamps, *(name for name in configs if (model.folder / name).is_file())]
