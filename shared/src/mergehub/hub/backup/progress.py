"""The progress of a backup or a restore."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from mergehub.contracts.runs import RunProgress

T = TypeVar("T")
Tell = Callable[[RunProgress], None]


def counted(
    stage: str, items: Sequence[T], size: Callable[[T], int], tell: Tell | None
) -> Iterator[T]:
    """Each of the items; before each, `tell` gets how many files and bytes are done."""
    done, total = 0, sum(map(size, items))
    for number, item in enumerate(items):
        if tell is not None:
            tell(
                RunProgress(
                    stage=stage,
                    done=number,
                    total=len(items),
                    unit="files",
                    bytes_done=done,
                    bytes_total=total,
                    seconds=0,
                )
            )
        yield item
        done += size(item)
