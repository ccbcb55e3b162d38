"""What this process has used so far: bytes read and written, memory, GPU memory."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from merge_worker.engine.cuda.held import HELD

from .messages import Usage

KIBIBYTE = 1024
COUNTERS = Path("/proc/self/io")


def usage() -> Usage:
    """The figures of this process; those that the system does not give are 0."""
    counted = _counters()
    return Usage(
        read=counted.get("rchar", 0),
        written=counted.get("wchar", 0),
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE,
        gpu_memory=_gpu_memory(),
    )


def _counters() -> dict[str, int]:
    try:
        lines = COUNTERS.read_text().splitlines()
    except OSError:  # a system without it, or one that forbids it
        return {}
    return {name: int(value) for name, _, value in (line.partition(":") for line in lines)}


def _gpu_memory() -> int:
    """The most that the engine or PyTorch, which is asked only if it is in use, held on the GPU."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return HELD.most
    return HELD.most + int(torch.cuda.max_memory_reserved())
