"""What goes out about runs beyond the run protocol in `mergehub.contracts.runs`."""

from __future__ import annotations

from mergehub.contracts.runs import Answer, Run


class RunPage(Answer):
    """Newest first."""

    items: list[Run]
    next_cursor: str | None


class RunItems(Answer):
    """The score of each item of one benchmark, by the item's hash."""

    benchmark: str
    items: dict[str, float]
