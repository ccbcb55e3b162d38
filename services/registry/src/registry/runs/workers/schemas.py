"""The responses about workers beyond those in `mergehub.contracts.workers`."""

from __future__ import annotations

from mergehub.contracts.workers import Worker
from mergehub.kit.paging.pages import Page


class WorkerPage(Page[Worker]):
    """Sorted by name."""
