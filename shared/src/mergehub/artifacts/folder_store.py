"""A store in a folder, which workers may share: `runs/<run id>` is the model of a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from mergehub.artifacts.record import Record, record_of
from mergehub.artifacts.store import NotStored, OnBytes

PARTIAL = ".partial"


class FolderStore:
    """Models are made beside those that are finished, and become visible by a rename."""

    def __init__(self, folder: Path) -> None:
        self._runs = folder / "runs"

    def local(self, run: UUID) -> Path:
        return self._runs / str(run)

    def has(self, run: UUID) -> bool:
        return self.local(run).is_dir()

    def record(self, run: UUID) -> Record:
        return record_of(self.hold(run), run, 0)

    def put(self, run: UUID, fence: int, on_bytes: OnBytes | None = None) -> None:
        """The rename that completed the local folder has stored it; a second one is impossible."""
        self.hold(run)

    def hold(self, run: UUID, on_bytes: OnBytes | None = None) -> Path:
        if not self.has(run):
            raise NotStored(f"There is no model of run {run} in {self._runs}.")
        return self.local(run)

    def remove(self, run: UUID) -> None:
        self.tidy(run)
        shutil.rmtree(self.local(run), ignore_errors=True)

    def tidy(self, run: UUID) -> None:
        shutil.rmtree(self._runs / f"{run}{PARTIAL}", ignore_errors=True)

    def runs(self) -> Iterator[UUID]:
        yield from sorted(run for run in run_ids(self._runs, "") if self.has(run))

    def unfinished(self) -> set[UUID]:
        return set(run_ids(self._runs, PARTIAL))

    def reclaimable(self) -> int:
        return 0

    def make_room(self, needed: int) -> None:
        """A folder holds every model for good, so there is nothing to free."""

    def close(self) -> None:
        """Nothing is locked."""


def run_ids(folder: Path, ending: str) -> Iterator[UUID]:
    """The runs that have an entry in `folder`; entries with other names are not ours."""
    for path in folder.glob(f"*{ending}"):
        try:
            yield UUID(path.name.removesuffix(ending))
        except ValueError:
            continue
