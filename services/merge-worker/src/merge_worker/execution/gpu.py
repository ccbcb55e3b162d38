"""Checks, before a worker registers, that its machine can do the runs of its hardware class.

It runs as a program in a process of its own, so that the worker holds no driver and no GPU memory.
"""

from __future__ import annotations

import subprocess
import sys

from mergehub.contracts.hardware import Hardware

ASK_SECONDS = 120


def unfit(hardware: Hardware) -> str | None:
    """Return why a worker of this class could not do its runs here, or None if it can."""
    if hardware == "cpu":
        return None
    asked = subprocess.run(
        [sys.executable, "-m", __name__], capture_output=True, text=True, timeout=ASK_SECONDS
    )
    if asked.returncode == 0:
        return None
    reason = (asked.stderr.strip().splitlines() or ["the check printed no reason"])[-1]
    return f"MERGEHUB_HARDWARE is {hardware}, but no GPU can merge on this machine: {reason}"


def main() -> int:
    """Print what is missing to standard error and return the exit status."""
    from merge_worker.engine import DeviceError
    from merge_worker.engine.cuda.device import label

    try:
        label("cuda")
    except DeviceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
