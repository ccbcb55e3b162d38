"""The journal of a merge: which output tensors are finished.

The first line names the plan; each further line is a finished tensor with its digest. Lines are
written when the bytes have been handed to the system: they outlive the process, whatever moment it
stops at. A line proves nothing of what became of the bytes afterwards (a restart of the machine may
have lost them, somebody may have changed them), so who goes on checks each digest first.
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
from typing import Any

from merge_worker.engine.errors import OutputError, ResumeError
from merge_worker.engine.files.writing import writing

NAME = "journal.jsonl"
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Finished:
    """A finished tensor: its digest, and what is not finite.

    `nonfinite` counts elements of the models, by model, and `made` those of the tensor itself, by
    kind (see `finiteness.KINDS`).
    """

    sha256: str
    nonfinite: Mapping[str, int] = field(default_factory=dict)
    made: Mapping[str, int] = field(default_factory=dict)


class Journal:
    """An open journal, locked against a second process.

    Attributes:
        finished: the finished tensors, by name.
        complete: whether nothing is left to do.
    """

    def __init__(self, folder: Path, plan_digest: str, name: str = NAME) -> None:
        """Open the journal in a folder, or start one.

        Raises:
            ResumeError: it is another plan's or damaged, or another process has it open.
            OutputError: the disk is full, or cannot be written.
        """
        self._folder, self._plan = folder, plan_digest
        self.path = folder / name
        self.finished: dict[str, Finished] = {}
        self.complete = False
        with writing(self.path):
            # A pipe or a link in its place is not waited for, nor followed.
            self._file = os.open(self.path, _FLAGS | os.O_CREAT, 0o644)
        try:
            self._lock()
            self._read()
        except BaseException:
            os.close(self._file)
            raise

    @classmethod
    def peek(cls, path: Path, plan_digest: str) -> Journal:
        """A journal that another process may have open, as far as it has come; not to be written.

        Raises:
            ResumeError: it is another plan's or damaged.
        """
        found = cls.__new__(cls)
        found._folder, found._plan, found.path = path.parent, plan_digest, path
        found.finished, found.complete = {}, False
        found._take_all(found._entries(_whole_lines(path.read_bytes())))
        return found

    def damaged(self, how: str) -> ResumeError:
        """What to raise if the journal cannot be what an earlier attempt wrote."""
        return ResumeError(f"{self.path} is damaged: {how}; remove {self._folder} and merge again")

    def add_tensor(self, tensor: str, finished: Finished) -> None:
        """Record a tensor whose bytes are written."""
        self._append(_tensor_line(tensor, finished))
        self.finished[tensor] = finished

    def add_end(self) -> None:
        """Record that nothing is left to do and all of it is on the disk."""
        self._append({"complete": True})
        self.complete = True

    def restart(self, verified: Mapping[str, Finished]) -> None:
        """Forget everything but these tensors, whose bytes have been found where they should be."""
        os.ftruncate(self._file, 0)
        self._start()
        for name, finished in verified.items():
            self._append(_tensor_line(name, finished))
        self.finished, self.complete = dict(verified), False

    def close(self) -> None:
        """Let go of the journal; it stays on disk."""
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
        """The lines of a journal of our plan, which the first of them names."""
        try:
            entries = [json.loads(line) for line in text.splitlines()]
        except (ValueError, RecursionError):
            raise self.damaged("a line is not JSON") from None
        if not all(isinstance(entry, dict) for entry in entries):
            raise self.damaged("a line is not a JSON object")
        if entries and "plan" not in entries[0]:
            raise self.damaged("it does not begin with a plan")
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
                raise self.damaged("a line is none that this engine writes")


def _whole_lines(text: bytes) -> bytes:
    """Without the line that was being written when the process stopped."""
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
