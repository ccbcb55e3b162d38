"""The files of a folder beside those that a statement or a signature names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from merge_worker.engine import EngineError
from merge_worker.engine.files.reading import MIB, opened
from merge_worker.engine.output.output_files import SIGNATURE, STATEMENT

from .faults import Fault
from .statement import THREADS

MOST_FILES = 100_000
"""The most entries of a folder that are looked at."""
SIGNING = {STATEMENT, SIGNATURE}


class Digests:
    """The SHA-256 of the files of a folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The SHA-256 of a regular file. Raises EngineError for all else."""
        if name not in self._known:
            self._known[name] = digest_of(self._folder / name)
        return self._known[name]


def file_faults(
    folder: Path,
    stated: Mapping[str, str],
    digests: Digests,
    by: str = "The statement",
    ignored: Set[str] = SIGNING,
) -> Iterator[Fault]:
    """Yield a fault for each file that is changed, missing or additional.

    `stated` are the digests that `by` has, by the path in the folder. Other files may be there only
    if they, or a folder above them, are `ignored`.
    """
    present = _names(folder)
    for name in sorted(stated.keys() - present):
        yield Fault(name, "missing", f"{by} names it, and the folder does not have it.")
    for name in sorted(present - stated.keys()):
        if name not in ignored and name.partition("/")[0] not in ignored:
            yield Fault(name, "additional", f"{by} does not name it.")
    both = sorted(stated.keys() & present)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="check") as pool:
        for fault in pool.map(lambda name: _compared(digests, name, stated[name], by), both):
            if fault:
                yield fault


def _compared(digests: Digests, name: str, stated: str, by: str) -> Fault | None:
    try:
        found = digests.of(name)
    except EngineError as error:
        return Fault(name, "unreadable", f"{error}.")
    if found == stated:
        return None
    return Fault(name, "changed", f"Its SHA-256 is {found}. {by} says {stated}.")


def digest_of(path: Path) -> str:
    """The SHA-256 of a regular file. Raises EngineError for all else."""
    digest = hashlib.sha256()
    with opened(path) as descriptor:
        while block := os.read(descriptor, MIB):
            digest.update(block)
    return digest.hexdigest()


def _names(folder: Path) -> set[str]:
    """The paths of all that lies in a folder and its folders; links are not followed."""
    found: set[str] = set()
    for top, inner, names in os.walk(folder):
        links = [name for name in inner if os.path.islink(os.path.join(top, name))]
        found |= {os.path.relpath(os.path.join(top, name), folder) for name in (*names, *links)}
        if len(found) > MOST_FILES:
            raise EngineError(f"{folder} holds more than {MOST_FILES} files, so it is not checked")
    return found
