"""The last step of a merge: everything beside the weights, then one rename makes it visible."""

from __future__ import annotations

import json
import os
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mergehub.recipe.lock import Lock

from .card import card, recipe_text
from .digests import output_digest
from .errors import OutputError
from .journal import Journal
from .plan import ENGINE_VERSION, Plan
from .shards import cannot_write

MANIFEST = "manifest.json"
LOCK = "mergehub.lock.json"
RECIPE = "recipe.yml"


def finish(plan: Plan, partial: Path, out: Path, journal: Journal, lock: Lock) -> None:
    """Complete the folder `partial` and rename it to `out`.

    Raises:
        OutputError: it cannot be written, or something else has appeared at `out`.
    """
    try:
        for name, source in plan.copies.items():
            shutil.copyfile(source, partial / name)
        for name, text in _texts(plan, journal, lock).items():
            (partial / name).write_text(text, encoding="utf-8")
        for path in partial.iterdir():
            _sync(path)
        journal.path.unlink()
        _sync(partial)
        partial.rename(out)
        _sync(out.parent)
    except OSError as error:
        if out.exists():
            raise OutputError(f"{out} appeared while the merge was running") from None
        raise cannot_write(out, error, plan.bytes_out) from None


def _texts(plan: Plan, journal: Journal, lock: Lock) -> dict[str, str]:
    digest = output_digest(journal.finished)
    return {
        **plan.texts,
        "config.json": _json(plan.config),
        "README.md": card(plan, digest),
        RECIPE: recipe_text(plan),
        LOCK: _json(lock.model_dump(mode="json")),
        MANIFEST: _json(_manifest(plan, journal, digest)),
    }


def _manifest(plan: Plan, journal: Journal, digest: str) -> dict[str, Any]:
    tensors = {
        tensor.name: {
            "dtype": tensor.region.dtype,
            "shape": tensor.region.shape,
            "sha256": journal.finished[tensor.name],
        }
        for tensor in plan.tensors
    }
    return {
        "output_digest": digest,
        "engine": ENGINE_VERSION,
        "seed": plan.seed,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "numba", "llvmlite")},
        },
        "tensors": tensors,
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
