"""Processes that end with their parent, even if that is killed."""

from __future__ import annotations

import ctypes
import signal

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(death_signal: signal.Signals) -> None:
    """Ask the kernel to send this process `death_signal` when its parent ends (prctl(2))."""
    _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
