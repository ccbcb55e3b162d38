"""`python -m leaderboard`: the background work in a process of its own, and the care for events."""

from __future__ import annotations

from leaderboard.app import PARTS
from leaderboard.events import consumer
from mergehub.kit.http.commands import main

if __name__ == "__main__":
    main(PARTS, consumer)
