"""The file that remembers how far an import has come."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click


def key_of(path: Path) -> str:
    """The key of a file, whatever it is called by."""
    return str(path.resolve())


def stamp(path: Path) -> list[int] | None:
    """What changes with a file's content; None without the file."""
    if not path.exists():
        return None
    about = path.stat()
    return [about.st_size, about.st_mtime_ns]


class State:
    """What a state file holds, or nothing without a file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._held: dict[str, Any] = {}
        if path is None or not path.exists():
            return
        try:
            self._held = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise click.ClickException(f"{path} is not a state file: {error}") from None
        if not isinstance(self._held, dict):
            raise click.ClickException(f"{path} is not a state file.")

    def get(self, key: str) -> Any:
        """What is remembered under a key, or None."""
        return self._held.get(key)

    def put(self, key: str, value: Any) -> None:
        """Remember a value, so far in memory."""
        self._held[key] = value

    def keep(self) -> None:
        """Write what is remembered to the disk."""
        if self._path is None:
            return
        draft = self._path.with_name(f"{self._path.name}.new")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(self._held, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
