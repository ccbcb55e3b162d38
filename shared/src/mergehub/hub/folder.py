"""The data folder of a hub: its layout, its permissions, and the lock of the running hub."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Self

from mergehub.attestation.own import KEY_FILES
from mergehub.hub.process import CannotStart
from mergehub.secret_files import write_secret
from mergehub.whereabouts import CONNECTION

NEEDED_BYTES = 200 * 1024**2
LAYOUT = ("pg", "vk", "artifacts", "scratch", "logs", "models", "snapshots")
LOCK = "lock"
TOKENS = "tokens.json"
SECRETS_KEYS = "secrets-keys.json"


class FolderInUse(CannotStart):
    """A running hub, or a backup of a stopped one, uses the folder."""


@dataclass(frozen=True)
class Tokens:
    """The secrets of one hub: its owner's, its workers' and its services'."""

    owner: str
    worker: str
    service: str


def is_used(path: Path) -> bool:
    """Whether a hub has opened this data folder before."""
    return os.path.exists(path.expanduser() / LOCK)  # False if it may not be read


class DataFolder:
    """An opened data folder; no other process can open it until it is closed or this one ends."""

    def __init__(self, path: Path, needed_bytes: int = NEEDED_BYTES) -> None:
        """Raises CannotStart if the folder is unusable, FolderInUse if another process has it."""
        self.path = path.expanduser().resolve()
        try:
            self._create()
            self._check_space(needed_bytes)
            self._lock = self._claimed()
            for name in LAYOUT:
                (self.path / name).mkdir(exist_ok=True)
        except OSError as error:
            raise CannotStart(
                f"{self.path} cannot be used as the data folder: {error.strerror} "
                f"({error.filename or self.path}). Name another with --data or MERGEHUB_DATA."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._lock.close()

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def say_who_runs(self, url: str) -> None:
        """Note who runs, for the message of a second start on the same folder."""
        self._lock.truncate(0)
        self._lock.write(f"process {os.getpid()} at {url}")
        self._lock.flush()

    def forget_connection(self) -> None:
        """Remove the address that an earlier hub of this folder left; no hub answers there."""
        (self.path / CONNECTION).unlink(missing_ok=True)

    def tokens(self) -> Tokens:
        """The secrets of this hub; the first start that needs one makes it."""
        path = self.path / TOKENS
        made = {each.name: f"mgh_{secrets.token_urlsafe(32)}" for each in fields(Tokens)}
        try:
            kept = json.loads(path.read_text()) if path.exists() else {}
            tokens = Tokens(**made | kept)
        except (ValueError, TypeError) as error:
            raise CannotStart(
                f"{path} is damaged: remove it, and the next start makes new tokens."
            ) from error
        if asdict(tokens) != kept:
            write_secret(path, asdict(tokens))
        return tokens

    def secrets_keys(self) -> list[str]:
        """The keys that seal webhook secrets, the newest first; the first start makes one.

        Raises CannotStart if the file is damaged.
        """
        path = self.path / SECRETS_KEYS
        if not path.exists():
            write_secret(path, [secrets.token_urlsafe(32)])
        try:
            kept = json.loads(path.read_text())
        except ValueError:
            kept = None
        if not isinstance(kept, list) or not all(isinstance(each, str) for each in kept):
            raise CannotStart(
                f"{path} is damaged: restore it from a backup. Without it, the secrets of all "
                "webhooks are lost."
            )
        return kept

    def _create(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise CannotStart(f"{self.path} is a file: name a folder with --data.")
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = {entry.name for entry in self.path.iterdir()}
        if LOCK not in found and (foreign := found - {*LAYOUT, *KEY_FILES}):
            raise CannotStart(
                f"{self.path} holds other files ({min(foreign)}): "
                "name an empty or a new folder with --data."
            )
        self.path.chmod(0o700)

    def _check_space(self, needed: int) -> None:
        free = shutil.disk_usage(self.path).free
        if free < needed:
            raise CannotStart(
                f"Only {free // 1024**2} MB are free for {self.path}, and a start needs "
                f"{needed // 1024**2} MB: free some space, or name another folder with --data."
            )

    def _claimed(self) -> IO[str]:
        """The lock file, locked; its content names the process that holds the lock."""
        lock = (self.path / LOCK).open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with lock:
                lock.seek(0)
                who = lock.read() or "a process that is just starting"
            raise FolderInUse(
                f"A hub is already running on {self.path}: {who}. "
                "Use that one, stop it first, or name another folder with --data."
            ) from None
        lock.truncate(0)
        return lock
