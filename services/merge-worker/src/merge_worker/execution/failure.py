"""How work says that it cannot be done."""

from __future__ import annotations

import errno

from mergehub.contracts.runs import RunError

LONGEST_MESSAGE = 10_000


class RunFailed(Exception):
    """The work cannot be done; unless it is `retryable`, trying again would not help."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.error = RunError(code=code, message=message[:LONGEST_MESSAGE], retryable=retryable)


def disk_full(error: BaseException) -> RunFailed:
    """Something could not be written: later, or on another machine, there may be room."""
    return RunFailed("disk-full", f"The worker's disk is full: {error}", retryable=True)


def is_disk_full(error: OSError) -> bool:
    """Whether `error` says that a disk, or the quota on it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def out_of_memory(error: BaseException) -> RunFailed:
    """An allocation was refused: another machine, or this one later, may have more."""
    words = str(error) or "An allocation was refused"
    return RunFailed("out-of-memory", f"Memory ran out: {words}", retryable=True)
