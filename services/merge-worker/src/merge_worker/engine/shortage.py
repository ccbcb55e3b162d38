"""Too little memory, in whatever way the system says so, as an error of the engine."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import OutOfMemoryError


@contextmanager
def shortage(advice: str) -> Iterator[None]:
    """Around work that takes memory and threads; `advice` says what would take less.

    Raises:
        OutOfMemoryError: there was too little of either.
    """
    try:
        yield
    except MemoryError:
        raise OutOfMemoryError(f"not enough memory {advice}") from None
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise
        raise OutOfMemoryError(f"not enough memory {advice}") from None
    except RuntimeError as error:
        if "can't start new thread" not in str(error):
            raise
        raise OutOfMemoryError(f"no thread can be started {advice}") from None
