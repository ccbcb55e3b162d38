"""The merge worker: `python -m merge_worker`, configured by `MERGEHUB_…` variables."""

from __future__ import annotations

import asyncio
import os
import sys

from mergehub.quick_start import quick_start

with quick_start():
    from mergehub.kit.settings.environment import read_settings
    from mergehub.kit.settings.service import WorkerSettings

    from .execution.card import CannotTake, take_card
    from .execution.gpu import unfit
    from .execution.slot import name_of
    from .serve import serve


def main() -> int | str:
    """Work until a signal stops it; return the exit status, or why this worker cannot start."""
    settings = read_settings(WorkerSettings)
    try:
        card = take_card(settings, name_of(settings))
    except CannotTake as error:
        return str(error)
    if card:
        os.environ.update(card.environment)  # before any process that uses CUDA starts
    return unfit(settings.hardware) or asyncio.run(serve(settings, card.gpu if card else None))


if __name__ == "__main__":
    sys.exit(main())
