"""The digests by which services know a model's weights, and the files beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from merge_worker.engine import CheckpointError
from merge_worker.engine.files.strict_json import read_json
from merge_worker.engine.models.checkpoint import INDEX, Checkpoint
from merge_worker.engine.models.digests import file_digest
from merge_worker.engine.output.output_files import (
    CARD,
    LOCK,
    MANIFEST,
    RECIPE,
    SIGNATURE,
    STATEMENT,
)
from mergehub.contracts.provenance.companions import MOST_FILES

OF_ONE_MERGE = {CARD, RECIPE, LOCK, MANIFEST, STATEMENT, SIGNATURE, INDEX}
"""Files that name the merge, or how the weights are divided into files."""


def produced_digest(folder: Path) -> str:
    """The output digest of a model that a run produced, from its manifest.

    Raises:
        EngineError: it has no manifest that can be read.
    """
    match read_json(folder / MANIFEST):
        case {"output_digest": str(digest)}:
            return digest
    raise CheckpointError(f"{folder / MANIFEST} has no output_digest: merge the model again")


def checkpoints_digest(parts: Sequence[Checkpoint]) -> str:
    """The `weights_digest` of a model and its adapter, if it has one."""
    return weights_digest(
        [{name: file_digest(part.folder / name) for name in part.stamps} for part in parts]
    )


def companion_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file beside the weights that says nothing of one merge alone."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    wanted = (name for name in names if not is_weights(name) and name not in OF_ONE_MERGE)
    return bounded_files({name: file_digest(folder / name) for name in sorted(wanted)})


def bounded_files(files: dict[str, str]) -> dict[str, str]:
    """The files if the hub keeps so many, or none."""
    return files if len(files) <= MOST_FILES else {}


def is_weights(name: str) -> bool:
    """Whether a file in a model's folder holds its weights; subfolders belong to other models."""
    return name.endswith(".safetensors") and "/" not in name


def weights_digest(parts: Sequence[Mapping[str, str]]) -> str:
    """The `sha256:…` of a model and its adapter, from the SHA-256 of their files.

    Each part maps file names to digests. Only weights count, so a changed card or tokenizer does
    not change the digest.
    """
    whole = hashlib.sha256()
    for place, files in enumerate(parts):
        for name in sorted(files):
            if is_weights(name):
                whole.update(f"{place} {name} {files[name]}\n".encode())
    return f"sha256:{whole.hexdigest()}"
