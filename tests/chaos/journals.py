"""The journals of merges whose process was killed: did the next attempt repeat any work?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from merge_worker.engine.output.journal import NAME
from mergehub.artifacts.folder_store import PARTIAL


@dataclass(frozen=True)
class Kept:
    """A journal at its end; its first `at_death` entries are from before the kill."""

    run: str
    at_death: int
    entries: list[dict[str, Any]]

    @property
    def complete(self) -> bool:
        return {"complete": True} in self.entries

    @property
    def repeated(self) -> list[str]:
        """The tensors that were filled again although they were finished."""
        done = Counter(entry["tensor"] for entry in self.entries if "tensor" in entry)
        return sorted(what for what, times in done.items() if times > 1)


class Journals:
    """Open journals, which can be read even after a finished merge has removed them."""

    def __init__(self, artifacts: Path) -> None:
        self._artifacts = artifacts
        self._open: list[tuple[str, int, IO[bytes]]] = []

    def keep(self, run: str) -> int:
        """Keep the journal of a run open; returns how many entries it has so far."""
        with suppress(FileNotFoundError):
            file = (self._artifacts / "runs" / f"{run}{PARTIAL}" / NAME).open("rb")
            lines = file.read().count(b"\n")
            self._open.append((run, lines, file))
            return lines
        return 0

    def read(self) -> Iterator[Kept]:
        for run, lines, file in self._open:
            file.seek(0)
            entries = [json.loads(line) for line in file if line.endswith(b"\n")]
            yield Kept(run, lines, entries)

    def close(self) -> None:
        for *_, file in self._open:
            file.close()
