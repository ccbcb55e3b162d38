"""How the C library keeps memory: large arrays are given back to the machine when they are freed.

Otherwise it keeps the freed columns of a load in a heap full of holes, a third of the process.
"""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
LARGE_BYTES = 256 << 10


def give_back_large_arrays() -> None:
    """Have memory of its own for each large array, where the C library can (glibc)."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(M_MMAP_THRESHOLD, LARGE_BYTES)


def give_back() -> None:
    """Give back what is free now."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
