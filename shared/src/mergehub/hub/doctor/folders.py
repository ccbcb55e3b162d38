"""Checks folders: free disk, and whether this user may read or write there."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from mergehub.hub.doctor.bucket import is_bucket
from mergehub.hub.doctor.finding import Finding, failed, given, ok, warning
from mergehub.kit.database.storage import LOW_BYTES

CHECK = "folders"
ENOUGH_BYTES = 1 << 30
WRITTEN = ("DATA", "ARTIFACTS", "SCRATCH")
READ = ("MODEL_ROOTS", "TASK_ROOTS")


def check_folders(environment: Mapping[str, str]) -> Iterator[Finding]:
    """All findings about the folders that an environment names."""
    for name in WRITTEN:
        folder = given(environment, name)
        if folder and not is_bucket(folder):
            yield _written(f"MERGEHUB_{name}", Path(folder).absolute())
    for name in READ:
        for folder in _listed(given(environment, name)):
            yield _read(f"MERGEHUB_{name}", Path(folder).absolute())


def _listed(text: str | None) -> list[str]:
    """The entries of a JSON list; none if it is not one, which the settings report."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _written(name: str, folder: Path) -> Finding:
    """A program may make the folder; until then, the disk of the nearest one above counts."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    what = f"{name} {folder}"
    try:
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        right = f"Let the user {_user()} write to {there}, or name another folder."
        return failed(CHECK, f"{what}: {error.strerror}", right)
    state = "writable" if there == folder else f"will be made in {there}"
    found = f"{what}: {state}, {free / (1 << 30):.1f} GiB free"
    if free < LOW_BYTES:
        return failed(CHECK, found, f"Free some space: below {LOW_BYTES >> 20} MiB, writes fail.")
    if free < ENOUGH_BYTES:
        return warning(CHECK, found, "Free some space: at least 1 GiB, and what merges write.")
    return ok(CHECK, found)


def _read(name: str, folder: Path) -> Finding:
    try:
        with os.scandir(folder) as entries:
            count = sum(1 for entry in entries if entry.is_dir())
    except OSError as error:
        right = f"Let the user {_user()} read it, or correct {name}."
        return failed(CHECK, f"{name} {folder}: {error.strerror}", right)
    return ok(CHECK, f"{name} {folder}: readable, {count} folders")


def _user() -> str:
    return f"{os.geteuid()}:{os.getegid()}"
