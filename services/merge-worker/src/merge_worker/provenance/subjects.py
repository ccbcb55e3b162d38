"""The sizes and digests of the files of a model, most of them from its own statement."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from merge_worker.engine import EngineError
from merge_worker.engine.files.reading import read_small
from merge_worker.engine.output.output_files import STATEMENT
from mergehub.artifacts.record import regular_files
from mergehub.attestation.envelope import opened
from mergehub.attestation.statement import statement_in
from mergehub.contracts.provenance.files import FileDigest

from .files import digest_of


def files_of(folder: Path) -> dict[str, FileDigest]:
    """Every file of a model by its path in its folder.

    A digest that the statement beside the model has is not computed again: the files were hashed
    when it was written. Raises EngineError, OSError and ValueError.
    """
    stated = _stated(folder)
    found = {}
    for path in regular_files(folder):
        name = path.relative_to(folder).as_posix()
        digest = stated.get(name) or digest_of(path)
        found[name] = FileDigest(size=os.stat(path).st_size, sha256=digest)
    return found


def _stated(folder: Path) -> Mapping[str, str]:
    """The digests of the statement; empty without one."""
    path = folder / STATEMENT
    if not path.is_file():
        return {}
    try:
        subject = statement_in(opened(read_small(path)).payload).subject
    except (EngineError, ValueError):  # of another program; it is hashed like any other file
        return {}
    return {each.name: each.sha256 for each in subject if each.sha256}
