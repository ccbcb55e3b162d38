"""How work reports that it cannot be done."""

from __future__ import annotations

import errno
from typing import Final

from mergehub.contracts.runs import RunError

LONGEST_MESSAGE = 10_000

ALIKE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""Errors that come from the input, not from the moment: another attempt would raise them again."""
ALIKE_CODES: Final = frozenset(
    (errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.ENXIO, errno.EINVAL)
)
"""The same, as numbers of the system's errors."""


class RunFailed(Exception):
    """The work cannot be done; another attempt helps only if the failure is `retryable`."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.error = RunError(code=code, message=message[:LONGEST_MESSAGE], retryable=retryable)


def disk_full(error: BaseException) -> RunFailed:
    """The failure of a full disk: later, or on another machine, there may be space."""
    return RunFailed("disk-full", f"The worker's disk is full: {error}", retryable=True)


def is_disk_full(error: OSError) -> bool:
    """Whether `error` says that a disk, or the quota on it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def out_of_memory(error: BaseException) -> RunFailed:
    """The failure of a refused allocation: later, or on another machine, there may be memory."""
    words = str(error) or "An allocation was refused"
    return RunFailed("out-of-memory", f"Memory ran out: {words}", retryable=True)


def unforeseen(error: Exception) -> RunFailed | None:
    """Return how to report an unexpected error, or None if another attempt may succeed."""
    if not isinstance(error, ALIKE) and not (
        isinstance(error, OSError) and error.errno in ALIKE_CODES
    ):
        return None
    return RunFailed(
        "unforeseen",
        f"The work met unexpected input ({type(error).__name__}: {error}), most likely in a file "
        "of a model; another attempt would fail in the same way. Its last lines say where.",
    )
