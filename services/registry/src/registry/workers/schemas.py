"""What goes out about workers beyond `mergehub.contracts.workers`."""

from __future__ import annotations

from mergehub.contracts.messages import Answer
from mergehub.contracts.workers import Worker


class WorkerPage(Answer):
    """By name."""

    items: list[Worker]
    next_cursor: str | None
