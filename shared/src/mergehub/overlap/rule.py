"""When an item overlaps with a text."""

from __future__ import annotations

from dataclasses import dataclass

WINDOW, SHORTEST = 13, 8


@dataclass(frozen=True)
class Rule:
    """An item overlaps with a text if they share `window` words in a row.

    An item of fewer words must occur whole, if it has `shortest` words or more; shorter ones are
    not judged, since such texts occur everywhere. 13 words and the floor of 8 are those of the
    GPT-3 paper, appendix C.

    Raises:
        ValueError: the numbers are not in order.
    """

    window: int = WINDOW
    shortest: int = SHORTEST

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.window <= 1_000:
            raise ValueError(
                "The shortest run has 1 word or more, and not more than the window, which has at "
                "most 1000."
            )

    def run(self, count: int) -> int | None:
        """How many words in a row an item of so many must share; None if it is not judged."""
        return None if count < self.shortest else min(count, self.window)

    def __str__(self) -> str:
        whole = (
            f"items of {self.shortest} to {self.window - 1} words must occur whole, "
            if self.shortest < self.window
            else ""
        )
        return (
            f"{self.window} words in a row are the same, without case and punctuation; {whole}"
            f"shorter ones are not judged"
        )
