"""Snapshots of replicas in a folder: who writes one, and when it is good enough to read."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from mergehub.columns import array_file
from mergehub.columns.parts import Kept, Parts
from mergehub.kit.replica import log
from mergehub.kit.replica.change_log import KEEP
from mergehub.kit.settings.service import ServiceSettings

OLDEST = KEEP - timedelta(hours=1)
"""The log of changes must have all that came after a snapshot."""
MOST_FORMER = 10_000
"""So many former entries, or a quarter of all, and the next start reads the tables."""
_TRANSACTION = "SELECT xid::text::bigint FROM changes WHERE id = $1"


class Unusable(Exception):
    """A snapshot that must not be used; the message says why."""


@dataclass(frozen=True)
class About:
    """What a snapshot is of.

    - `code`: the code that made it. `database`: whose rows it has.
    - `horizon`, `applied`: how far the log was followed (`log.Place`), `read_at` in ISO 8601.
    - `change`: the newest change that was applied, with its transaction.
    - `entries`, `former`: how many entries it has, and how many of them nobody sees any more.
    """

    code: str
    database: str
    horizon: int
    applied: list[tuple[int, int]]
    as_of: int
    read_at: str
    change: tuple[int, int] | None
    entries: int
    former: int

    @property
    def place(self) -> log.Place:
        """Where to go on in the log."""
        return log.Place(self.horizon, dict(self.applied))


class Snapshots:
    """The snapshot `name`.snapshot in a folder, which several processes may share.

    `code` is a hash of the code that makes it: another one may see something else in a row.
    """

    def __init__(self, folder: Path, name: str, code: str) -> None:
        self._folder, self.code = folder, code
        self.path, self._lock = folder / f"{name}.snapshot", folder / f"{name}.lock"

    @classmethod
    def of(cls, settings: ServiceSettings, name: str, code: str) -> Snapshots | None:
        """The one in the folder that settings name, if they name one."""
        if settings.snapshots is not None:
            return cls(settings.snapshots, name, code)
        data = settings.data
        return None if data is None else cls(Path(data, "snapshots"), name, code)

    def read(self) -> tuple[About, Kept] | None:
        """The snapshot; None if there is none. Raises Unusable."""
        try:
            about, kept = array_file.read(self.path)
            applied = [(change, of) for change, of in about.pop("applied")]
            change = about.pop("change")
            return About(applied=applied, change=change and tuple(change), **about), kept
        except FileNotFoundError:
            return None
        except (OSError, TypeError, ValueError, array_file.Damaged) as error:
            raise Unusable(f"{self.path} cannot be read: {error}") from error

    async def check(self, about: About, connection: asyncpg.Connection, database: str) -> None:
        """Whether a snapshot and the log together have all rows of a database. Raises Unusable."""
        age = datetime.now(UTC) - datetime.fromisoformat(about.read_at)
        if about.code != self.code:
            raise Unusable("another release made it")
        if about.database != database or await log.horizon(connection) < about.horizon:
            raise Unusable("it is of another database, or of a later state of this one")
        if age > OLDEST:
            raise Unusable("it is too old: the log of changes may not have all that came after it")
        if about.former > max(MOST_FORMER, about.entries // 4):
            raise Unusable("it has too many former entries")
        if about.change is not None:
            number, transaction = about.change
            found = await connection.fetchval(_TRANSACTION, number)
            if found not in (transaction, None):
                raise Unusable("the log of changes is another one")

    def write(self, about: About, parts: Parts) -> bool:
        """Replace the snapshot; whether it was: not if another process is doing so just now.

        Raises OSError.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with self._locked() as mine:
            if mine:
                array_file.write(self.path, asdict(about), parts)
        return mine

    def written_at(self) -> float:
        """When it was replaced, in seconds since 1970; 0: never."""
        try:
            return self.path.stat().st_mtime
        except OSError:
            return 0

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        with os.fdopen(os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def code_of(*places: Path) -> str:
    """A hash of all code in folders and files, and of that which keeps snapshots."""
    digest = hashlib.sha256()
    for path in _code((*places, Path(__file__).parent)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _code(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        yield from sorted(place.rglob("*.py")) if place.is_dir() else (place,)
