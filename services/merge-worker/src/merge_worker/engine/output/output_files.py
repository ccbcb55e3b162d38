"""The files of an output, and the check that no other files are among them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from merge_worker.engine.errors import ResumeError
from merge_worker.engine.files.writing import writing
from merge_worker.engine.models.checkpoint import CONFIG, INDEX
from merge_worker.engine.plan import Plan

from .part import Part

CARD: Final = "README.md"
RECIPE: Final = "recipe.yml"
LOCK: Final = "mergehub.lock.json"
MANIFEST: Final = "manifest.json"
STATEMENT: Final = "provenance.intoto.jsonl"
SIGNATURE: Final = "model.sig"
"""What signs the other files: a statement of provenance, and an OpenSSF model signature."""
LOCKED: Final = "finish.lock"
NAMED: Final = 3
"""The most strange files that an error names."""


def output_files(plan: Plan) -> set[str]:
    """The paths of all files of a finished output, relative to its folder."""
    index = [INDEX] if len(plan.shards) > 1 else []
    written = (CONFIG, CARD, RECIPE, LOCK, MANIFEST, STATEMENT)
    return {*plan.shards, *index, *plan.copies, *plan.texts, *written}


def check_unmixed(plan: Plan, partial: Path, part: Part) -> None:
    """Check that an unfinished output holds nothing but what this merge puts there.

    A file from another process would become part of the model; a folder in the place of a file
    would stop the merge at its end.

    Raises:
        ResumeError: something else is there, or a folder, link or file is in another's place.
    """
    ours = {*output_files(plan), *(each.journal for each in part.all), LOCKED}
    folders = {str(above) for name in ours for above in PurePosixPath(name).parents} - {"."}
    with writing(partial):
        strange = list(islice(_strange(partial, "", ours, folders), NAMED))
    if strange:
        raise ResumeError(
            f"{partial} contains {', '.join(strange)}, which this merge does not put there; "
            f"move it elsewhere, or remove {partial}"
        )


def _strange(partial: Path, inside: str, ours: set[str], folders: set[str]) -> Iterator[str]:
    with os.scandir(partial / inside) as entries:
        for entry in entries:
            name = f"{inside}{entry.name}"
            if not entry.is_dir(follow_symlinks=False):
                if name not in ours:
                    yield repr(name)
            elif name in folders:
                yield from _strange(partial, f"{name}/", ours, folders)
            else:
                yield f"the folder {name!r}"
