"""Reads texts as files with lineage, for tests of the readers."""

from __future__ import annotations

from pathlib import Path

from mergehub.lineage_files.reading import File, How, read
from mergehub.lineage_files.rows import Corrected, Edge, Facts, Row, Skipped


class Read:
    """The rows of one file, by kind."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.edges = [row for row in rows if isinstance(row, Edge)]
        self.facts = [row for row in rows if isinstance(row, Facts)]
        self.skipped = [row for row in rows if isinstance(row, Skipped)]
        self.corrected = [row for row in rows if isinstance(row, Corrected)]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Child and parent of each edge."""
        return [(edge.child, edge.parent) for edge in self.edges]

    @property
    def codes(self) -> list[tuple[int | None, str]]:
        """Line and code of everything that was skipped."""
        return [(row.line, row.code) for row in self.skipped]


def read_file(path: Path, **how: object) -> Read:
    """The rows of a file."""
    return Read(list(read(File(path), How(**how))))  # type: ignore[arg-type]


def read_text(folder: Path, file: str, content: str | bytes, **how: object) -> Read:
    """The rows of a text, written to a file of this name."""
    path = folder / file
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(path, **how)
