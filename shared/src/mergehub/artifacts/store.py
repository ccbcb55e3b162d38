"""What a store of models does, and the errors that it raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol
from uuid import UUID

from mergehub.artifacts.record import Record, StoredFile

OnBytes = Callable[[int, int], None]
"""Called with the bytes done and in all; an exception from it stops the transfer."""


class StoreFault(Exception):
    """The store refused something; the message says what would be right."""


class Unavailable(StoreFault):
    """The store does not answer, or not now; another attempt may succeed."""


class NotStored(StoreFault):
    """The store has no model of that run."""


class Damaged(StoreFault):
    """What is stored differs from its record."""


class Superseded(StoreFault):
    """A newer attempt at the run has stored its model; ours is too late."""


class Reading(Protocol):
    """A range of a file's bytes, read block by block. It must be closed."""

    def block(self) -> bytes:
        """The next bytes; empty at the end."""

    def close(self) -> None:
        """Let go of the file."""


class ArtifactStore(Protocol):
    """The models of runs. A model is there whole or not at all.

    All methods raise a StoreFault of the kind that fits, and OSError for the local disk.
    """

    def local(self, run: UUID) -> Path:
        """The folder on this machine where the run's model is made, and where it is read."""

    def has(self, run: UUID) -> bool:
        """Whether the run's model is stored."""

    def record(self, run: UUID) -> Record:
        """The files of the run's model. Raises NotStored."""

    def put(
        self,
        run: UUID,
        fence: int,
        on_bytes: OnBytes | None = None,
        *,
        source: Path | None = None,
    ) -> None:
        """Store the model that is complete in a folder, by default the local one.

        `fence` is that of the attempt that made it.

        Storing the same model again changes nothing. Raises Superseded if the store has another
        model of the run, made by the same or a newer attempt.
        """

    def hold(self, run: UUID, on_bytes: OnBytes | None = None) -> Path:
        """Return the local folder of a stored model, which stays there until `close`.

        Raises NotStored, or Damaged.
        """

    def read(self, run: UUID, name: str, file: StoredFile, start: int, stop: int) -> Reading:
        """Read the bytes from `start` to before `stop` of a file of a stored model.

        Raises NotStored, or Damaged if the file has another size.
        """

    def remove(self, run: UUID) -> None:
        """Remove the run's model and whatever unfinished attempts left."""

    def tidy(self, run: UUID) -> None:
        """Remove what unfinished attempts at a run that has ended left; the model stays."""

    def runs(self) -> Iterator[UUID]:
        """The runs whose models are stored, in the order of their ids."""

    def unfinished(self) -> set[UUID]:
        """The runs of which attempts may have left something."""

    def reclaimable(self) -> int:
        """The bytes on the local disk that `make_room` could free now."""

    def make_room(self, needed: int) -> None:
        """Free space on the local disk for `needed` bytes more, as far as the store can."""

    def close(self) -> None:
        """Let go of the folders that `hold` returned."""
