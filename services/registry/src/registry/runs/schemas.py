"""The requests and responses about runs beyond those in `mergehub.contracts.runs`."""

from __future__ import annotations

from uuid import UUID

from mergehub.contracts.examples import example
from mergehub.contracts.hardware import Hardware
from mergehub.contracts.messages import Answer
from mergehub.contracts.runs import RunSummary
from mergehub.kit.paging.pages import Page


class RunPage(Page[RunSummary]):
    """Newest first."""


class Queue(Answer):
    """How much work there is for one class of hardware, for autoscalers.

    `due` runs can begin now, `delayed` ones later (after a failed attempt); `running` ones have a
    worker. `load` is `due` plus `running`: the number of workers to have.
    """

    hardware: Hardware
    due: int
    delayed: int
    running: int
    load: int


class QueueList(Answer):
    """Every class of hardware, also those without work."""

    items: list[Queue]


class Waiting(Answer):
    """What a queued run waits for beside its turn: sentences; none if a worker may take it."""

    model_config = example(
        reasons=["No gpu worker is registered: the run waits until one registers."]
    )

    reasons: list[str]


class ItemsOfRun(Answer):
    """The item scores of one benchmark of a run, by item hash."""

    run: UUID
    benchmark: str
    items: dict[str, float]


class ItemsOfRuns(Answer):
    """Those that are there of what was asked for, in any order."""

    items: list[ItemsOfRun]


class RunItems(Answer):
    """The item scores of one benchmark, by item hash."""

    benchmark: str
    items: dict[str, float]
