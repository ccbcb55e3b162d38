"""What goes out about runs beyond the run protocol in `mergehub.contracts.runs`."""

from __future__ import annotations

from mergehub.contracts.hardware import Hardware
from mergehub.contracts.messages import Answer
from mergehub.contracts.runs import RunSummary
from mergehub.kit.http.pagination import Page


class RunPage(Page[RunSummary]):
    """Newest first."""


class Queue(Answer):
    """How much work of one class of hardware there is: what autoscaling looks at.

    `due` runs could begin now, `delayed` ones later (after a failed attempt), `running` ones have
    a worker; `load` is due and running together, the workers that there should be.
    """

    hardware: Hardware
    due: int
    delayed: int
    running: int
    load: int


class QueueList(Answer):
    """Every class, also those without work."""

    items: list[Queue]


class RunItems(Answer):
    """The score of each item of one benchmark, by the item's hash."""

    benchmark: str
    items: dict[str, float]
