"""`python -m lineage`: the background work in a process of its own."""

from __future__ import annotations

import asyncio

from lineage.app import PARTS
from mergehub.kit.app import run_background
from mergehub.kit.settings import ServiceSettings

if __name__ == "__main__":
    asyncio.run(run_background(PARTS, ServiceSettings()))
