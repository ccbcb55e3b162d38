"""The machine that this process runs on, as results name it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from mergehub.contracts.provenance.settings import Machine

PROCESSORS = Path("/proc/cpuinfo")
LONGEST = 200


def machine() -> Machine:
    """What the system says of this machine; its name and addresses are not part of it."""
    return Machine(
        system=platform.system()[:LONGEST],
        architecture=platform.machine()[:LONGEST],
        processor=_processor(),
        threads=len(os.sched_getaffinity(0)),
    )


def _processor() -> str | None:
    try:
        lines = PROCESSORS.read_text(errors="replace").splitlines()
    except OSError:
        return None
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next((name[:LONGEST] for name in named if name), None)
