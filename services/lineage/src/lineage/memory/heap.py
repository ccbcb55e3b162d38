"""Gives memory that is no longer used back to the machine, where the C library can."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Return free pages; allocators keep them otherwise, and a load frees many."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc
    if trim is not None:
        trim(0)
