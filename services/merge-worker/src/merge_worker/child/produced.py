"""Reads the result of a finished merge from its folder: its digests, size and parents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from merge_worker.engine.files.dtypes import ITEMSIZE
from merge_worker.engine.output.output_files import LOCK, MANIFEST
from mergehub.contracts.kinds.merge import (
    LARGEST_LOCK,
    LONGEST_NAME,
    MOST_PARENTS,
    MergeResult,
    Parent,
)
from mergehub.contracts.provenance.files import FileDigest, Files
from mergehub.contracts.provenance.tensors import MOST_CHARACTERS, MOST_TENSORS, TensorDigest
from mergehub.recipe import Lock, LockedIngredient, ModelRef, Recipe, ingredients
from mergehub.recipe.lock import canonical_lock, lock_digest

from .failure import RunFailed
from .how import How
from .identity import companion_files, is_weights, produced_digest, weights_digest
from .machine import machine
from .messages import produced_folder

_FILES: TypeAdapter[dict[str, FileDigest]] = TypeAdapter(Files)


def merge_result(
    folder: Path,
    recipe: Recipe,
    artifacts: Path,
    seconds: float,
    how: How,
    files: Mapping[str, FileDigest],
) -> MergeResult:
    """Return the result to report for the model at `folder`; `seconds` is how long it took."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    lock = Lock.model_validate_json((folder / LOCK).read_bytes())
    tensors = manifest["tensors"].values()
    kept = _kept(lock, manifest["tensors"], how)
    return MergeResult(
        kind="merge",
        output_digest=manifest["output_digest"],
        lock_digest=lock_digest(lock),
        engine_version=lock.engine,
        method=recipe.merge_method,
        tensors=len(tensors),
        bytes=sum(prod(tensor["shape"]) * ITEMSIZE[tensor["dtype"]] for tensor in tensors),
        seconds=seconds,
        device=how.device,
        parents=list(_parents(recipe, lock, artifacts)),
        notes=manifest.get("notes", []),
        versions=manifest.get("versions", {}),
        machine=machine() if how.device else None,
        warnings=how.warnings,
        companions=companion_files(folder),
        files=_listed(files, how),
        **kept,
    )


def _listed(files: Mapping[str, FileDigest], how: How) -> dict[str, FileDigest] | None:
    """The files for the hub, unless they are more than it lists, or have names that it refuses."""
    try:
        return _FILES.validate_python(dict(files))
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]["msg"]
        how.warn(f"The hub cannot list the model's {len(files)} files for downloads: {fault}.")
        return None


def _kept(lock: Lock, tensors: dict[str, Any], how: How) -> dict[str, Any]:
    """The lock and the manifest for the hub, unless they are larger than it keeps."""
    size = len(canonical_lock(lock))
    characters = sum(map(len, tensors))
    if size > LARGEST_LOCK or len(tensors) > MOST_TENSORS or characters > MOST_CHARACTERS:
        how.warn(
            f"The model has {len(tensors)} tensors and a lock of {size} bytes, more than the hub "
            "keeps, so no run can verify it."
        )
        return {}
    return {
        "lock": lock,
        "manifest": {name: TensorDigest(**each) for name, each in tensors.items()},
    }


def check_parents(recipe: Recipe, artifacts: Path) -> None:
    """Check, before the merge, that its result can name every ingredient.

    Raises:
        RunFailed: there are too many, or a reference is too long.
        EngineError: the model of another run has no digest.
    """
    for ref in ingredients(recipe):
        if ref.run_id is not None and (folder := produced_folder(artifacts, ref.run_id)).is_dir():
            produced_digest(folder)
    names = [str(ref) for ref in ingredients(recipe)]
    if len(names) > MOST_PARENTS:
        raise RunFailed(
            "merge-failed",
            f"The recipe merges {len(names)} models; the limit for a run is {MOST_PARENTS}.",
        )
    longest = max(names, key=len, default="")
    if len(longest) > LONGEST_NAME:
        raise RunFailed(
            "merge-failed",
            f"The name of a model has {len(longest)} characters ({longest[:100]}…); "
            f"the limit in a run is {LONGEST_NAME}.",
        )


def _parents(recipe: Recipe, lock: Lock, artifacts: Path) -> Iterator[Parent]:
    """Every ingredient whose weights were read; a base that a method ignores is not a parent."""
    bases = {recipe.base_model, *(part.base_model for part in recipe.all_slices)}
    read = {part.ref for part in lock.ingredients if any(map(is_weights, part.files))}
    for ref in ingredients(recipe):
        if ref in read:
            yield Parent(
                name=str(ref),
                digest=_digest(ref, lock, artifacts),
                relation="merge",
                role="base" if ref in bases else "ingredient",
                weight=_weight(recipe, ref),
                layers=_layers(recipe, ref),
                base=_beneath(ref),
            )


def _beneath(ref: ModelRef) -> Parent | None:
    """The parent below an adapter: the model that it was applied to."""
    if ref.adapter is None:
        return None
    return Parent(
        name=str(ref.without_adapter), relation="adapter", role="base", layers=None, base=None
    )


def _digest(ref: ModelRef, lock: Lock, artifacts: Path) -> str:
    parts = [part for part in lock.ingredients if part.ref in (ref, ref.adapter)]
    match parts:
        case [LockedIngredient(kind="run", revision=str(run))]:
            return produced_digest(produced_folder(artifacts, run))
    return weights_digest(
        [{name: file.sha256 for name, file in part.files.items()} for part in parts]
    )


def _layers(recipe: Recipe, ref: ModelRef) -> list[tuple[int, int]] | None:
    """The layer ranges taken from it, in order, or None if it is merged whole."""
    sources = [source for part in recipe.all_slices for source in part.sources]
    return [source.layer_range for source in sources if source.model == ref] or None


def _weight(recipe: Recipe, ref: ModelRef) -> float | None:
    """The ingredient's weight if the recipe gives it as one number, or None."""
    given = [entry.parameters.get("weight") for entry in recipe.inputs if entry.model == ref]
    match given:
        case [int() | float() as weight, *others] if all(each == weight for each in others):
            return float(weight)
    return _share_of_slerp(recipe, ref)


def _share_of_slerp(recipe: Recipe, ref: ModelRef) -> float | None:
    """What SLERP takes of each of its two models, 1 - t and t, if t is one number."""
    t = recipe.parameters.get("t")
    models = list(dict.fromkeys([recipe.base_model, *(each.model for each in recipe.inputs)]))
    models = [each for each in models if each is not None]
    if recipe.merge_method != "slerp" or not isinstance(t, int | float):
        return None
    if any("t" in each.parameters for each in recipe.all_slices):
        return None
    if len(models) != 2 or ref not in models:
        return None
    return float(t) if ref == models[1] else round(1 - float(t), 12)
