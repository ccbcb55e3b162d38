"""How the process keeps memory: what a load frees goes back, and what stays is left alone.

The C library (glibc) would keep the freed columns of a load in a heap full of holes. So each large
array has memory of its own during the load. Afterwards only the largest have: questions make and
drop smaller ones all the time, and new memory for each would take longer than the question.

Python would look through all that was imported whenever answers have made many objects.
"""

from __future__ import annotations

import ctypes
import gc
from functools import cache

# of glibc's malloc.h
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
MEGABYTE = 1 << 20
LARGE = 8 * MEGABYTE
YOUNG = 100_000
"""So many new objects are made between looks for garbage: those of a request of many rows."""


def prepare() -> None:
    """Make large arrays give their memory back as soon as they are freed.

    All threads share one heap; otherwise each would keep some.
    """
    _set(M_ARENA_MAX, 1)
    _set(M_MMAP_THRESHOLD, MEGABYTE // 4)


def give_back(freed: int) -> None:
    """Give back what is free now, if so many bytes are worth it.

    The C library looks through all of its heap for this, which takes long in a large process.
    """
    if freed < LARGE:
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def settle() -> None:
    """Keep memory at hand for questions, and never search for garbage in what is there now."""
    _set(M_MMAP_THRESHOLD, MEGABYTE)
    _set(M_TRIM_THRESHOLD, LARGE)
    _freeze()


@cache
def _freeze() -> None:
    """Look through all objects once: what a later load makes are arrays, and few of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


def _set(option: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(option, value)
