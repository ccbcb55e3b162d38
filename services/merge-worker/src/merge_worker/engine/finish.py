"""The last step of a merge: write the files next to the weights, then rename the folder."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from merge_worker.engine.files.writing import sync, write_new, writing
from merge_worker.engine.fill.finiteness import sentences
from merge_worker.engine.fill.inputs import Inputs
from merge_worker.engine.machine.versions import library_versions
from merge_worker.engine.models.checkpoint import CONFIG
from merge_worker.engine.output.journal import Finished
from merge_worker.engine.output.output_files import (
    CARD,
    LOCK,
    LOCKED,
    MANIFEST,
    RECIPE,
    STATEMENT,
    check_unmixed,
)
from merge_worker.engine.output.part import Part
from merge_worker.engine.planning.noting import bounded
from mergehub.recipe.lock import Lock, lock_digest
from mergehub.recipe.reproducing.outputs import output_digest

from .card import card, recipe_text
from .errors import OutputError
from .lockfile import lock_of
from .plan import ENGINE_VERSION, Plan

Attest = Callable[[Path, Plan, Lock, str], bytes]
"""Returns a statement about the model in a folder, of which nothing else is missing any more.

It gets the folder, what was planned, the lock and the output digest.
"""


def finish(
    plan: Plan,
    partial: Path,
    out: Path,
    finished: Mapping[str, Finished],
    inputs: Inputs,
    digests: Mapping[Path, str],
    part: Part,
    attest: Attest | None = None,
) -> Lock:
    """Complete the folder `partial`, without its journals, and rename it to `out`.

    `digests` are those of the input files with tensors. `attest` makes the statement.

    Returns:
        The lock, which is also in the folder.

    Raises:
        OutputError: the output cannot be written, or something else has appeared at `out`.
        InputChangedError: a file that was read or copied has changed.
        ResumeError: another process put a file among the output's.
    """
    check_unmixed(plan, partial, part)
    with writing(out, plan.bytes_out):
        copied = {path: inputs.copy(path, partial / name) for name, path in plan.copies.items()}
        inputs.check()
        lock = lock_of(plan, digests, copied)
        noted = replace(plan, notes=bounded([*plan.notes, *sentences(plan, _made(finished))]))
        for name, text in _texts(noted, finished, lock).items():
            write_new(partial / name, text.encode())
        (partial / STATEMENT).unlink(missing_ok=True)  # of an earlier attempt
        if attest:
            statement = attest(partial, noted, lock, _digest(finished))
            write_new(partial / STATEMENT, statement)
        for path in partial.rglob("*"):
            if path.parent != partial or path.suffix != ".safetensors":
                sync(path)
        for name in (*(each.journal for each in part.all), LOCKED):
            (partial / name).unlink(missing_ok=True)
        sync(partial)
        _reveal(partial, out)
        sync(out.parent)
    return lock


@contextmanager
def only_one(partial: Path) -> Iterator[None]:
    """Hold a lock, so that only one process finishes the folder."""
    path = partial / LOCKED
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except FileNotFoundError:  # already finished and renamed
        yield
        return
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _reveal(partial: Path, out: Path) -> None:
    try:
        partial.rename(out)
    except OSError:
        if out.exists():
            raise OutputError(f"{out} appeared while the merge was running") from None
        raise


def _texts(plan: Plan, finished: Mapping[str, Finished], lock: Lock) -> dict[str, str]:
    digest, recipe = _digest(finished), recipe_text(plan)
    return {
        **plan.texts,
        CONFIG: _json(plan.config),
        CARD: card(plan, digest, lock_digest(lock), recipe),
        RECIPE: recipe,
        LOCK: _json(lock.model_dump(mode="json")),
        MANIFEST: _json(_manifest(plan, finished, digest)),
    }


def _digest(finished: Mapping[str, Finished]) -> str:
    return output_digest({name: each.sha256 for name, each in finished.items()})


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
    made = _made(finished)
    return {
        "output_digest": digest,
        "engine": ENGINE_VERSION,
        "seed": plan.seed,
        "versions": library_versions(),
        **({"method_file": asdict(plan.method_file)} if plan.method_file else {}),
        "notes": list(plan.notes),
        "tensors": tensors,
        **({"nonfinite": nonfinite} if nonfinite else {}),
        **({"nonfinite_output": made} if made else {}),
    }


def _made(finished: Mapping[str, Finished]) -> dict[str, dict[str, int]]:
    return {name: dict(each.made) for name, each in finished.items() if each.made}


def companion_digests(plan: Plan) -> dict[str, str]:
    """The SHA-256 of what `write_companions` would write, by name.

    Raises:
        InputChangedError: a file that would be copied has changed.
    """
    texts = {**plan.texts, CONFIG: _json(plan.config)}
    found = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    with Inputs(plan) as inputs:
        found |= {name: inputs.locked(path).sha256 for name, path in plan.copies.items()}
        inputs.check()
    return found


def write_companions(plan: Plan, folder: Path, inputs: Inputs) -> None:
    """Write the configuration, the tokenizer and the other files beside the weights.

    Raises:
        OutputError: the folder cannot be written.
        InputChangedError: a file that was copied has changed.
    """
    with writing(folder):
        for name, path in plan.copies.items():
            inputs.copy(path, folder / name)
        for name, text in {**plan.texts, CONFIG: _json(plan.config)}.items():
            write_new(folder / name, text.encode())
    inputs.check()


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
