"""`python -m lineage`: the background work as its own process, and the care of events."""

from __future__ import annotations

from lineage.app import PARTS
from lineage.events import consumer
from mergehub.kit.http.commands import main

if __name__ == "__main__":
    main(PARTS, consumer)
