"""`python -m registry`: the registry's background loops alone (`MERGEHUB_BACKGROUND=separate`)."""

from __future__ import annotations

import asyncio

from mergehub.quick_start import quick_start

with quick_start():
    from mergehub.kit.background.process import run_background
    from mergehub.kit.settings.environment import read_settings
    from mergehub.kit.settings.service import ServiceSettings
    from registry.background import BACKGROUND

if __name__ == "__main__":
    asyncio.run(run_background(BACKGROUND, read_settings(ServiceSettings)))
