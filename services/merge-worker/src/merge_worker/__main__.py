"""The merge worker: `python -m merge_worker`, set up by `MERGEHUB_…` variables."""

from __future__ import annotations

import asyncio
import sys

from mergehub.kit.environment import read_settings
from mergehub.kit.settings import WorkerSettings

from .jobs import serve

if __name__ == "__main__":
    sys.exit(asyncio.run(serve(read_settings(WorkerSettings))))
