"""The last step of a merge: everything beside the weights, then one rename makes it visible."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mergehub.recipe.lock import Lock

from .card import card, recipe_text
from .digests import output_digest
from .errors import InputChangedError, OutputError
from .journal import Journal
from .plan import ENGINE_VERSION, Plan
from .writing import sync, writing

MANIFEST = "manifest.json"
LOCK = "mergehub.lock.json"
RECIPE = "recipe.yml"


def finish(plan: Plan, partial: Path, out: Path, journal: Journal, lock: Lock) -> None:
    """Complete the folder `partial` and rename it to `out`.

    Raises:
        OutputError: it cannot be written, or something else has appeared at `out`.
        InputChangedError: a file to be copied is gone.
    """
    with writing(out, plan.bytes_out):
        for name, source in plan.copies.items():
            (partial / name).write_bytes(_content(source))
        for name, text in _texts(plan, journal, lock).items():
            (partial / name).write_text(text, encoding="utf-8")
        for path in partial.iterdir():
            sync(path)
        journal.path.unlink()
        sync(partial)
        _reveal(partial, out)
        sync(out.parent)


def _content(source: Path) -> bytes:
    try:
        return source.read_bytes()
    except OSError as error:
        raise InputChangedError(f"{source} cannot be read any more: {error.strerror}") from None


def _reveal(partial: Path, out: Path) -> None:
    try:
        partial.rename(out)
    except OSError:
        if out.exists():
            raise OutputError(f"{out} appeared while the merge was running") from None
        raise


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
