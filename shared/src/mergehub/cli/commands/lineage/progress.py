"""How much of which file an import has sent."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import click

from mergehub.cli.importing.state import State, key_of, stamp
from mergehub.lineage_files.reading import File

SECONDS = 5
"""Between two reports of how many rows are sent."""


class Progress:
    """The files of an import under the names of its report, and how many rows of each are sent.

    A file that has changed since its rows were sent begins anew.
    """

    def __init__(self, files: list[File], state: State) -> None:
        self._state = state
        self.total = 0
        self._begun = self._shown = time.monotonic()
        roots = {file.root or file.path for file in files}
        self._files = {_name(file, only=len(roots) == 1): file for file in files}

    def files(self) -> Iterator[tuple[str, File, int]]:
        """Each file with its name, and how many of its rows were sent before."""
        for name, file in self._files.items():
            yield name, file, self._done(file)

    def sent(self, rows: Mapping[str, int]) -> None:
        """Remember that so many more rows of these files are sent."""
        for name, count in rows.items():
            file = self._files[name]
            self.total += count
            self._state.put(
                key_of(file.path), {"file": stamp(file.path), "rows": self._done(file) + count}
            )
        self._state.keep()

    def show(self) -> None:
        """Now and then, say how many rows are sent."""
        now = time.monotonic()
        if now - self._shown >= SECONDS:
            self._shown = now
            rate = self.total / (now - self._begun)
            click.echo(f"{self.total} rows, {rate:.0f} a second", err=True)

    def _done(self, file: File) -> int:
        known = self._state.get(key_of(file.path))
        return int(known["rows"]) if known and known["file"] == stamp(file.path) else 0


def _name(file: File, *, only: bool) -> str:
    """The file's path within the only folder of the import, or its whole path."""
    if not only:
        return str(file.path)
    return str(file.path.relative_to(file.root)) if file.root else file.path.name
