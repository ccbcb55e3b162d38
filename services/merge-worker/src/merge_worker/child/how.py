"""How an attempt did its work, for the result: its device, and what was not done as asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mergehub.contracts.kinds.kind import MOST_WARNINGS
from mergehub.contracts.names import LONGEST_NOTE


@dataclass
class How:
    """`device` is None while nothing was computed, as when an earlier attempt did all.

    `report` gets each warning at once, for the case that the attempt never has a result.
    """

    report: Callable[[str], None]
    device: str | None = None
    warnings: list[str] = field(default_factory=list)

    def warn(self, said: str) -> None:
        """Add a sentence about what was not done as asked; of too many, the first are kept."""
        if len(self.warnings) == MOST_WARNINGS:
            self.warnings[-1] = "More warnings like these followed."
        else:
            self.warnings.append(said[:LONGEST_NOTE])
            self.report(self.warnings[-1])
