"""Too little memory, in whatever way the system says so, as an error of the engine."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from merge_worker.engine.errors import OutOfMemoryError

_WORDS: Final = (
    "can't start new thread",
    "failed to map segment",  # of a library that is loaded late
    "annot allocate memory",
)


@contextmanager
def shortage(advice: str) -> Iterator[None]:
    """Around work that takes memory and threads; `advice` says what would take less.

    Raises:
        OutOfMemoryError: there was too little of either.
    """
    try:
        yield
    except OutOfMemoryError:  # whoever found it knows better what for
        raise
    except Exception as error:
        if not any(map(_says_so, _causes(error))):
            raise
        raise OutOfMemoryError(f"not enough memory {advice}") from None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it came of: libraries wrap what the system says."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    return any(words in str(error) for words in _WORDS)
