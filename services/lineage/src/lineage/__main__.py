"""`python -m lineage`: the background work as a process, and the care of events and counters."""

from __future__ import annotations

from mergehub.quick_start import quick_start

with quick_start():
    from lineage.background import BACKGROUND
    from lineage.events import consumer
    from lineage.recount import COMMAND
    from mergehub.kit.background.commands import main

if __name__ == "__main__":
    main(BACKGROUND, consumer, [COMMAND])
