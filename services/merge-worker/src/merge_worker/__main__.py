"""The merge worker: `python -m merge_worker`, configured by `MERGEHUB_…` variables."""

from __future__ import annotations

import asyncio
import sys

from mergehub.quick_start import quick_start

with quick_start():
    from mergehub.kit.settings.environment import read_settings
    from mergehub.kit.settings.service import WorkerSettings

    from .execution.gpu import unfit
    from .jobs import serve


def main() -> int | str:
    """Work until a signal stops it; return the exit status, or why this worker cannot start."""
    settings = read_settings(WorkerSettings)
    return unfit(settings.hardware) or asyncio.run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
