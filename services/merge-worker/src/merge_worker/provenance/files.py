"""The files of a folder beside those that a statement names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
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


def file_faults(folder: Path, stated: Mapping[str, str]) -> Iterator[Fault]:
    """Yield a fault for each file that is changed, missing or additional.

    `stated` are the digests that the statement has, by the path in the folder.
    """
    present = _names(folder)
    for name in sorted(stated.keys() - present):
        yield Fault(name, "missing", "The statement names it, and the folder does not have it.")
    for name in sorted(present - stated.keys() - SIGNING):
        yield Fault(name, "additional", "The statement does not name it.")
    both = sorted(stated.keys() & present)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="check") as pool:
        for fault in pool.map(lambda name: _compared(folder, name, stated[name]), both):
            if fault:
                yield fault


def _compared(folder: Path, name: str, stated: str) -> Fault | None:
    try:
        found = digest_of(folder / name)
    except EngineError as error:
        return Fault(name, "unreadable", f"{error}.")
    if found == stated:
        return None
    detail = f"Its SHA-256 is {found}, and the statement says {stated}."
    return Fault(name, "changed", detail)


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
