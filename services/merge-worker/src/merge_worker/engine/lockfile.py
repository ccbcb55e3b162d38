"""The lock of a merge: the digest of every input file, remembered between merges."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from merge_worker.engine.files.reading import FileStamp
from merge_worker.engine.files.strict_json import read_json
from merge_worker.engine.fill.inputs import Inputs, stamped_files
from merge_worker.engine.output.progress import Meter, OnProgress
from mergehub.recipe.canonical import recipe_digest
from mergehub.recipe.lock import Lock, LockedFile, LockedIngredient
from mergehub.recipe.reference import ModelRef

from .errors import EngineError
from .plan import ENGINE_VERSION, Plan, PlannedModel

CACHE = "input-digests.json"


class DigestCache:
    """SHA-256 digests of files, computed again only if a file's stamp differs."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / CACHE if folder else None
        self._known: dict[str, list[int | str]] = {}
        if self._path:
            with suppress(EngineError):
                self._known = read_json(self._path)

    def of(self, path: Path, stamp: FileStamp, take: Callable[[Path], str]) -> str:
        """The digest of the file with this stamp; `take` computes it if it is not known."""
        key = list(dataclasses.astuple(stamp))
        match self._known.get(str(path)):
            case [*known, str(digest)] if known == key:
                return digest
        digest = take(path)
        self._known[str(path)] = [*key, digest]
        return digest

    def save(self) -> None:
        """Save the digests for the next merge, if the file can be written."""
        if self._path is None:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            for begun in self._path.parent.glob(f"{self._path.stem}.*"):
                if begun != self._path:  # of a merge that was killed, or that is saving now
                    begun.unlink()
            fresh = self._path.with_suffix(f".{os.getpid()}")
            try:
                fresh.write_text(json.dumps(self._known), encoding="utf-8")
                fresh.replace(self._path)
            except OSError:
                fresh.unlink(missing_ok=True)


def input_digests(
    plan: Plan, inputs: Inputs, folder: Path | None, pool: Executor, meter: Meter
) -> dict[Path, str]:
    """The digest of each file with tensors; `folder` keeps them between merges."""
    known = DigestCache(folder)
    digests = {
        path: pool.submit(known.of, path, stamp, inputs.digest)
        for path, stamp in stamped_files(plan)
    }
    meter.wait_for(digests.values(), "lock")
    known.save()
    return {path: each.result() for path, each in digests.items()}


def current_lock(plan: Plan, folder: Path | None, threads: int, on_progress: OnProgress) -> Lock:
    """The lock that a merge by the plan would get now, without the merge.

    Raises:
        InputChangedError: a file differs from the planned one.
    """
    with (
        Inputs(plan) as inputs,
        ThreadPoolExecutor(threads, thread_name_prefix="lock") as pool,
    ):
        digests = input_digests(plan, inputs, folder, pool, Meter(plan.tensors, on_progress))
        copied = {path: inputs.locked(path) for path in plan.copies.values()}
        inputs.check()
    return lock_of(plan, digests, copied)


def lock_of(plan: Plan, digests: Mapping[Path, str], copied: Mapping[Path, LockedFile]) -> Lock:
    """The lock: recipe, engine, seed and the files of every ingredient.

    `digests` are those of the files with tensors; `copied` are the files copied unchanged.
    """
    return Lock(
        recipe=recipe_digest(plan.recipe),
        engine=ENGINE_VERSION,
        seed=plan.seed,
        method_file=plan.method_file.sha256 if plan.method_file else None,
        ingredients=tuple(_locked(part, digests, copied) for part in _parts(plan)),
    )


def _locked(
    model: PlannedModel, digests: Mapping[Path, str], copied: Mapping[Path, LockedFile]
) -> LockedIngredient:
    weights = {
        name: LockedFile(sha256=digests[model.folder / name], size=stamp.size)
        for name, stamp in model.stamps.items()
    }
    along = {
        path.relative_to(model.folder).as_posix(): file
        for path, file in copied.items()
        if path.is_relative_to(model.folder)
    }
    return LockedIngredient(
        ref=ModelRef.parse(model.reference),
        kind=model.kind,
        revision=model.revision,
        files={**weights, **model.read, **along},
    )


def _parts(plan: Plan) -> Iterator[PlannedModel]:
    """Yield models and their adapters, each as its own ingredient, and the tokenizer's model."""
    for model in plan.models:
        yield model
        if model.adapter:
            yield model.adapter
    if plan.tokenizer:
        yield plan.tokenizer
