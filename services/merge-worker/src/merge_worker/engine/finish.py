"""The last step of a merge: everything beside the weights, then one rename makes it visible."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mergehub.recipe.lock import Lock, LockedFile

from .card import card, recipe_text
from .digests import output_digest
from .errors import OutputError
from .journal import Finished
from .locking import DigestCache, lock_of
from .plan import ENGINE_VERSION, Plan
from .small_files import read_bytes
from .writing import sync, writing

MANIFEST = "manifest.json"
LOCK = "mergehub.lock.json"
RECIPE = "recipe.yml"
LOCKED = "finish.lock"


def finish(
    plan: Plan,
    partial: Path,
    out: Path,
    finished: Mapping[str, Finished],
    digests: DigestCache,
    journals: Sequence[str],
) -> Lock:
    """Complete the folder `partial`, without its journals, and rename it to `out`.

    Returns:
        The lock, which lies in the folder too.

    Raises:
        OutputError: it cannot be written, or something else has appeared at `out`.
        InputChangedError: a file to be copied is gone.
    """
    with writing(out, plan.bytes_out):
        copied = {path: _copy(path, partial / name) for name, path in plan.copies.items()}
        lock = lock_of(plan, digests, copied)
        for name, text in _texts(plan, finished, lock).items():
            (partial / name).write_text(text, encoding="utf-8")
        for path in partial.rglob("*"):
            if path.parent != partial or path.suffix != ".safetensors":
                sync(path)
        for name in (*journals, LOCKED):
            (partial / name).unlink(missing_ok=True)
        sync(partial)
        _reveal(partial, out)
        sync(out.parent)
    return lock


@contextmanager
def only_one(partial: Path) -> Iterator[None]:
    """While the folder is being finished, nobody else may."""
    try:
        descriptor = os.open(partial / LOCKED, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except FileNotFoundError:  # finished and renamed already
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _copy(source: Path, target: Path) -> LockedFile:
    """What was read and written."""
    content = read_bytes(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return LockedFile(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def _reveal(partial: Path, out: Path) -> None:
    try:
        partial.rename(out)
    except OSError:
        if out.exists():
            raise OutputError(f"{out} appeared while the merge was running") from None
        raise


def _texts(plan: Plan, finished: Mapping[str, Finished], lock: Lock) -> dict[str, str]:
    digest = output_digest({name: each.sha256 for name, each in finished.items()})
    return {
        **plan.texts,
        "config.json": _json(plan.config),
        "README.md": card(plan, digest),
        RECIPE: recipe_text(plan),
        LOCK: _json(lock.model_dump(mode="json")),
        MANIFEST: _json(_manifest(plan, finished, digest)),
    }


def _manifest(plan: Plan, finished: Mapping[str, Finished], digest: str) -> dict[str, Any]:
    tensors = {
        tensor.name: {
            "dtype": tensor.region.dtype,
            "shape": tensor.region.shape,
            "sha256": finished[tensor.name].sha256,
        }
        for tensor in plan.tensors
    }
    nonfinite = {name: dict(each.nonfinite) for name, each in finished.items() if each.nonfinite}
    return {
        "output_digest": digest,
        "engine": ENGINE_VERSION,
        "seed": plan.seed,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "numba", "llvmlite")},
        },
        "notes": list(plan.notes),
        "tensors": tensors,
        **({"nonfinite": nonfinite} if nonfinite else {}),
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
