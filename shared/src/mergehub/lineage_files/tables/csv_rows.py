"""The rows of a CSV file, where a quote that is not closed costs its own line and no other."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator

from mergehub.lineage_files.rows import Skipped
from mergehub.lineage_files.text import Line

LONGEST_ROW = 100
"""The most lines of one row."""
Cells = tuple[int, list[str]]


def rows(
    source: Iterator[Line | Skipped], delimiter: str, is_torn: Callable[[list[str]], bool]
) -> Iterator[Cells | Skipped]:
    """The cells of each row, with the line on which it begins.

    `is_torn` says of the cells of several lines that a stray quote has joined them.
    """
    feed = _Feed(source)
    while feed.peek() is not None:
        reader = csv.reader(feed, delimiter=delimiter, skipinitialspace=True)
        try:
            for cells in reader:
                yield from feed.skipped()
                if feed.several and is_torn(cells):
                    raise csv.Error("a quote is not closed")
                if any(each.strip() for each in cells):
                    yield feed.begun, cells
                feed.begin()
        except csv.Error as error:
            yield Skipped(feed.begun, "", "", f"the row cannot be read: {error}", "malformed")
            feed.put_back()
    yield from feed.skipped()


class _Feed:
    """Lines for a CSV reader, which can be put back."""

    def __init__(self, source: Iterator[Line | Skipped]) -> None:
        self._source = source
        self._waiting: deque[Line] = deque()
        self._skipped: list[Skipped] = []
        self._taken: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._taken) == LONGEST_ROW:
            raise csv.Error(f"a quote is not closed within {LONGEST_ROW} lines")
        if self.peek() is None:
            raise StopIteration
        self._taken.append(self._waiting.popleft())
        return self._taken[-1][1]

    @property
    def begun(self) -> int:
        """The line on which the present row begins."""
        return self._taken[0][0] if self._taken else 0

    @property
    def several(self) -> bool:
        """Whether the present row has several lines."""
        return len(self._taken) > 1

    def peek(self) -> str | None:
        """The next line, or None at the end."""
        while not self._waiting:
            line = next(self._source, None)
            if line is None:
                return None
            if isinstance(line, Skipped):
                self._skipped.append(line)
            else:
                self._waiting.append(line)
        return self._waiting[0][1]

    def begin(self) -> None:
        """Begin a row."""
        self._taken.clear()

    def put_back(self) -> None:
        """Begin a row again after the first line of the present one."""
        self._waiting.extendleft(reversed(self._taken[1:]))
        self._taken.clear()

    def skipped(self) -> Iterator[Skipped]:
        """The lines that were skipped since the last call."""
        while self._skipped:
            yield self._skipped.pop(0)
