"""The journal of a merge: which output tensors are finished and durably on disk.

The first line names the plan; each further line is a finished tensor with its digest. A line is
written only after the tensor's bytes have reached the disk, so whatever moment the process or the
machine stops at, what the journal claims is there.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from .errors import ResumeError
from .writing import sync, writing

NAME = "journal.jsonl"


class Journal:
    """An open journal, locked against a second process.

    Attributes:
        finished: the digest of each finished tensor, by name.
    """

    def __init__(self, folder: Path, plan_digest: str) -> None:
        """Open the journal in a folder, or start one.

        Raises:
            ResumeError: it is another plan's, or another process has it open.
            OutputError: the disk is full, or cannot be written.
        """
        self._folder = folder
        self.path = folder / NAME
        with writing(self.path):
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._lock()
            self.finished = self._read(plan_digest)
        except BaseException:
            os.close(self._file)
            raise

    def commit(self, digests: Mapping[str, str], shards: Iterable[str]) -> None:
        """Record finished tensors (name to digest) after the shards they lie in are on disk.

        Raises:
            OutputError: the disk is full, or fails.
        """
        for shard in sorted(set(shards)):
            with writing(self._folder / shard):
                sync(self._folder / shard)
        self._append({"tensor": name, "sha256": digest} for name, digest in digests.items())
        self.finished.update(digests)

    def close(self) -> None:
        """Let go of the journal; it stays on disk."""
        os.close(self._file)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ResumeError(f"another process is merging into {self._folder}") from None

    def _append(self, entries: Iterable[dict[str, str]]) -> None:
        left = "".join(json.dumps(each) + "\n" for each in entries).encode()
        with writing(self.path):
            while left:
                left = left[os.write(self._file, left) :]
            os.fdatasync(self._file)

    def _read(self, plan_digest: str) -> dict[str, str]:
        text = self.path.read_bytes()
        # A line without its end was being written when the process stopped.
        whole = text[: text.rfind(b"\n") + 1]
        os.ftruncate(self._file, len(whole))
        os.lseek(self._file, 0, os.SEEK_END)
        lines = [json.loads(line) for line in whole.splitlines()]
        if not lines:
            self._append([{"plan": plan_digest}])
            return {}
        if lines[0].get("plan") != plan_digest:
            raise ResumeError(
                f"{self._folder} holds the unfinished output of another merge (another recipe, "
                "other inputs, seed or engine); remove it or choose another place"
            )
        return {line["tensor"]: line["sha256"] for line in lines[1:]}
