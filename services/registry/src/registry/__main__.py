"""`python -m registry`: the registry's background loops alone (`MERGEHUB_BACKGROUND=separate`)."""

from __future__ import annotations

import asyncio

from mergehub.kit.http.app import run_background
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import ServiceSettings
from registry.app import PARTS

if __name__ == "__main__":
    asyncio.run(run_background(PARTS, read_settings(ServiceSettings)))
