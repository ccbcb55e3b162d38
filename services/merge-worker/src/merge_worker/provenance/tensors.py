"""The tensors of a folder beside its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from merge_worker.engine import EngineError
from merge_worker.engine.files.reading import read_small
from merge_worker.engine.models.checkpoint import weight_regions
from merge_worker.engine.models.digests import tensor_digests
from merge_worker.engine.output.output_files import MANIFEST
from mergehub.contracts.provenance.tensors import Tensors
from mergehub.recipe.reproducing.outputs import output_digest

from .faults import Fault, listing


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="ignore")

    output_digest: str
    tensors: Tensors


def tensor_faults(folder: Path, stated: str | None) -> tuple[str | None, list[Fault]]:
    """The output digest of the tensors in a folder, and a fault for each file that has others.

    `stated` is the output digest of the statement, if there is one.
    """
    try:
        manifest = _Manifest.model_validate_json(read_small(folder / MANIFEST))
    except EngineError as error:
        return None, [Fault(MANIFEST, "unreadable", f"{error}.")]
    except ValidationError:
        return None, [Fault(MANIFEST, "unreadable", "It is not a manifest of tensors.")]
    listed = {name: each.sha256 for name, each in manifest.tensors.items()}
    try:
        found, files = tensor_digests(folder), _places(folder)
    except EngineError as error:
        return None, [Fault("model.safetensors", "unreadable", f"{error}.")]
    digest = output_digest(found)
    faults = [*_differing(listed, found, files)]
    if not faults and not digest == manifest.output_digest == (stated or digest):
        said = f"Its output digest is not that of the tensors, {digest}, or not the statement's."
        faults.append(Fault(MANIFEST, "changed", said))
    return digest, faults


def _places(folder: Path) -> dict[str, str]:
    return {name: region.file for name, region in weight_regions(folder).items()}


def _differing(
    listed: Mapping[str, str], found: Mapping[str, str], files: Mapping[str, str]
) -> list[Fault]:
    """A fault for each file with other tensors than the manifest has, or tensors that it lacks."""
    by_file: dict[str, list[str]] = {}
    for name in sorted(found):
        if listed.get(name) != found[name]:
            by_file.setdefault(files[name], []).append(name)
    faults = [
        Fault(file, "changed", f"Tensors that are not those of {MANIFEST}: {listing(names)}.")
        for file, names in by_file.items()
    ]
    if lacking := sorted(listed.keys() - found.keys()):
        said = f"It lists tensors that no file has: {listing(lacking)}."
        faults.append(Fault(MANIFEST, "changed", said))
    return faults
