"""`python -m registry`: the background work as its own process, and the migrations as a job."""

from __future__ import annotations

from mergehub.quick_start import quick_start

with quick_start():
    from mergehub.kit.background.commands import main
    from registry.background import BACKGROUND

if __name__ == "__main__":
    main(BACKGROUND)
