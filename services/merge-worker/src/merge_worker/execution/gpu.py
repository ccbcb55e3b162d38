"""Whether this machine can do what a worker of its class is for, asked before it registers.

Run as a program, in a process of its own, so that the worker holds no driver and no GPU memory.
"""

from __future__ import annotations

import subprocess
import sys

from mergehub.contracts.hardware import Hardware

ASK_SECONDS = 120


def unfit(hardware: Hardware) -> str | None:
    """Why a worker of this class could not do its runs here; None if it can."""
    if hardware == "cpu":
        return None
    asked = subprocess.run(
        [sys.executable, "-m", __name__], capture_output=True, text=True, timeout=ASK_SECONDS
    )
    if asked.returncode == 0:
        return None
    reason = (asked.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    return f"MERGEHUB_HARDWARE is {hardware}, and no GPU can merge here: {reason}"


def main() -> int:
    """Say on standard error what is missing; returns the exit status."""
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
