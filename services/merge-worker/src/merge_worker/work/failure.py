"""How work says that it cannot be done."""

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
"""What comes of what was read, not of the moment: the same work would end in it again."""
ALIKE_CODES: Final = frozenset(
    (errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.ENXIO, errno.EINVAL)
)
"""The same, as the system numbers it."""


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


def unforeseen(error: Exception) -> RunFailed | None:
    """What to report of an error that nobody foresaw; None if another attempt may go better."""
    if not isinstance(error, ALIKE) and not (
        isinstance(error, OSError) and error.errno in ALIKE_CODES
    ):
        return None
    return RunFailed(
        "unforeseen",
        f"The work met something that it was not made for ({type(error).__name__}: {error}), most "
        "likely in a file of a model; another attempt would end alike. Its last lines say where.",
    )
