"""A store in a folder, which workers may share: `runs/<run id>` is the model of a run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from mergehub.artifacts.folder_reading import FolderReading, opened
from mergehub.artifacts.record import Record, StoredFile, record_of, regular_files
from mergehub.artifacts.store import NotStored, OnBytes

PARTIAL = ".partial"
COMING = ".coming"  # a copy that is not whole yet
LEAVING = ".leaving"  # a model that is being removed


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

    def put(
        self,
        run: UUID,
        fence: int,
        on_bytes: OnBytes | None = None,
        *,
        source: Path | None = None,
    ) -> None:
        """Copy a model; the rename that completed the local folder has stored that one already."""
        if source is None or source == self.local(run) or self.has(run):
            self.hold(run)
            return
        coming = self._runs / f"{run}{COMING}"
        shutil.rmtree(coming, ignore_errors=True)
        for path in regular_files(source):
            target = coming / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            with target.open("rb") as file:
                os.fsync(file.fileno())
        coming.rename(self.local(run))

    def hold(self, run: UUID, on_bytes: OnBytes | None = None) -> Path:
        if not self.has(run):
            raise NotStored(f"There is no model of run {run} in {self._runs}.")
        return self.local(run)

    def read(self, run: UUID, name: str, file: StoredFile, start: int, stop: int) -> FolderReading:
        return FolderReading(opened(self.hold(run), name, file.bytes), start, stop)

    def remove(self, run: UUID) -> None:
        """Remove the model: by a rename first, so that no one finds a part of it."""
        self.tidy(run)
        with suppress(FileNotFoundError):
            self.local(run).rename(self._runs / f"{run}{LEAVING}")
        self.tidy(run)

    def tidy(self, run: UUID) -> None:
        for ending in (PARTIAL, COMING, LEAVING):
            shutil.rmtree(self._runs / f"{run}{ending}", ignore_errors=True)

    def runs(self) -> Iterator[UUID]:
        yield from sorted(run for run in run_ids(self._runs, "") if self.has(run))

    def unfinished(self) -> set[UUID]:
        endings = (PARTIAL, COMING, LEAVING)
        return {run for ending in endings for run in run_ids(self._runs, ending)}

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
