"""Turns a lack of memory, however the system reports it, into an error of the engine."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from merge_worker.engine.errors import OutOfMemoryError

_WORDS: Final = (
    "can't start new thread",
    "failed to map segment",  # when a library is loaded late
    "annot allocate memory",
)


@contextmanager
def shortage(advice: str) -> Iterator[None]:
    """Run work that needs memory and threads; `advice` says how to need less.

    Raises:
        OutOfMemoryError: memory or threads ran out.
    """
    try:
        yield
    except OutOfMemoryError:  # the code that raised it knows better what the memory was for
        raise
    except Exception as error:
        if not any(map(_says_so, _causes(error))):
            raise
        raise OutOfMemoryError(f"not enough memory {advice}") from None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes, since libraries wrap the system's errors."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    return any(words in str(error) for words in _WORDS)
