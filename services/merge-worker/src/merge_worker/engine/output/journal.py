"""The journal of a merge: which output tensors are finished.

The first line names the plan; each further line is a finished tensor with its digest. A line is
written after the system has taken the bytes, so they survive the process whenever it stops. A line
does not prove that the bytes are still there: a restart of the machine may have lost them, and
another process may have changed them. So an attempt that resumes first checks each digest.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from merge_worker.engine.errors import OutputError, ResumeError
from merge_worker.engine.files.writing import writing

NAME = "journal.jsonl"
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Finished:
    """A finished tensor: its digest, and its counts of elements that are not finite.

    `nonfinite` counts elements of the models, by model; `made` counts elements of the tensor, by
    kind (see `finiteness.KINDS`).
    """

    sha256: str
    nonfinite: Mapping[str, int] = field(default_factory=dict)
    made: Mapping[str, int] = field(default_factory=dict)


class Record(Protocol):
    """Where finished tensors are recorded; any thread may add one."""

    finished: dict[str, Finished]

    def add_tensor(self, tensor: str, finished: Finished) -> None: ...


class Journal:
    """An open journal, which a lock protects from a second process.

    Attributes:
        finished: the finished tensors, by name.
        complete: whether all tensors are finished and on the disk.
    """

    def __init__(self, folder: Path, plan_digest: str, name: str = NAME) -> None:
        """Open the journal in a folder, or start one.

        Raises:
            ResumeError: it belongs to another plan, is damaged, or another process has it open.
            OutputError: the disk is full or cannot be written.
        """
        self._folder, self._plan = folder, plan_digest
        self.path = folder / name
        self.finished: dict[str, Finished] = {}
        self.complete = False
        with writing(self.path):
            # Do not wait for a pipe, or follow a link, in its place.
            self._file = os.open(self.path, _FLAGS | os.O_CREAT, 0o644)
        try:
            self._lock()
            self._read()
        except BaseException:
            os.close(self._file)
            raise

    @classmethod
    def peek(cls, path: Path, plan_digest: str) -> Journal:
        """Read a journal, as far as it goes, that another process may have open.

        Raises:
            ResumeError: it belongs to another plan or is damaged.
        """
        found = cls.__new__(cls)
        found._folder, found._plan, found.path = path.parent, plan_digest, path
        found.finished, found.complete = {}, False
        found._take_all(found._entries(_whole_lines(path.read_bytes())))
        return found

    def damaged(self, how: str) -> ResumeError:
        """Return the error of a journal that no earlier attempt can have written."""
        return ResumeError(
            f"{self.path} is damaged: {how}; remove {self._folder} and start the merge again"
        )

    def add_tensor(self, tensor: str, finished: Finished) -> None:
        """Record a tensor whose bytes are written."""
        self._append(_tensor_line(tensor, finished))
        self.finished[tensor] = finished

    def add_end(self) -> None:
        """Record that all tensors are finished and on the disk."""
        self._append({"complete": True})
        self.complete = True

    def restart(self, verified: Mapping[str, Finished]) -> None:
        """Forget everything except these tensors, whose bytes have been checked."""
        os.ftruncate(self._file, 0)
        self._start()
        for name, finished in verified.items():
            self._append(_tensor_line(name, finished))
        self.finished, self.complete = dict(verified), False

    def close(self) -> None:
        """Close the journal; its file remains."""
        os.close(self._file)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ResumeError(f"another process is merging into {self._folder}") from None
        except OSError as error:
            raise OutputError(f"{self.path} cannot be locked: {error.strerror}") from None

    def _start(self) -> None:
        self._append({"plan": self._plan})

    def _append(self, entry: dict[str, Any]) -> None:
        left = json.dumps(entry).encode() + b"\n"
        with writing(self.path):
            while left:
                left = left[os.write(self._file, left) :]

    def _read(self) -> None:
        status = os.fstat(self._file)
        if not stat.S_ISREG(status.st_mode):
            raise self.damaged("it is not a regular file")
        text = os.pread(self._file, status.st_size, 0)
        whole = _whole_lines(text)
        entries = self._entries(whole)
        os.ftruncate(self._file, len(whole))
        if not entries:
            self._start()
        self._take_all(entries)

    def _entries(self, text: bytes) -> list[dict[str, Any]]:
        """The entries of a journal whose first line names our plan."""
        try:
            entries = [json.loads(line) for line in text.splitlines()]
        except (ValueError, RecursionError):
            raise self.damaged("a line is not JSON") from None
        if not all(isinstance(entry, dict) for entry in entries):
            raise self.damaged("a line is not a JSON object")
        if entries and "plan" not in entries[0]:
            raise self.damaged("its first line does not name a plan")
        if entries and entries[0]["plan"] != self._plan:
            raise ResumeError(
                f"{self._folder} holds the unfinished output of another merge (another recipe, "
                "method file, inputs, seed or engine); remove it or choose another place"
            )
        return entries

    def _take_all(self, entries: Iterable[dict[str, Any]]) -> None:
        for entry in list(entries)[1:]:
            self._take(entry)

    def _take(self, entry: dict[str, Any]) -> None:
        match entry:
            case {
                "tensor": str(name),
                "sha256": str(digest),
                "nonfinite": dict(nonfinite),
                "made": dict(made),
            } if _SHA256.fullmatch(digest) and _are_counts([*nonfinite.values(), *made.values()]):
                self.finished[name] = Finished(digest, nonfinite, made)
            case {"complete": True}:
                self.complete = True
            case _:
                raise self.damaged("this engine does not write such a line")


def _whole_lines(text: bytes) -> bytes:
    """Return the text without the line that was being written when the process stopped."""
    return text[: text.rfind(b"\n") + 1]


def _are_counts(values: Iterable[Any]) -> bool:
    return all(type(each) is int and each >= 0 for each in values)


def _tensor_line(name: str, finished: Finished) -> dict[str, Any]:
    return {
        "tensor": name,
        "sha256": finished.sha256,
        "nonfinite": dict(finished.nonfinite),
        "made": dict(finished.made),
    }
