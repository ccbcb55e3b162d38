"""The rows of a CSV file, where a quote that is not closed costs its own line and no other."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator

from mergehub.lineage_files.rows import Skipped
from mergehub.lineage_files.text import Line

LONGEST_ROW = 100
"""The most lines of one row."""
BROKEN = "the name has a line break"
Cells = tuple[int, list[str]]


def rows(
    source: Iterator[Line | Skipped], delimiter: str, is_torn: Callable[[list[str]], bool]
) -> Iterator[Cells | Skipped]:
    """The cells of each row, with the line on which it begins.

    `is_torn` says of the cells of several lines that a stray quote has joined them.
    """
    feed = _Feed(source)
    while (line := feed.take()) is not None:
        if isinstance(line, Skipped):
            yield line
        elif '"' not in line[1]:
            yield line[0], line[1].rstrip("\n").split(delimiter)
        else:
            feed.begin(line)
            yield from _quoted(feed, delimiter, is_torn)


def _quoted(
    feed: _Feed, delimiter: str, is_torn: Callable[[list[str]], bool]
) -> Iterator[Cells | Skipped]:
    """The row that begins with the present line, which has a quote."""
    begun = feed.begun
    try:
        cells = next(csv.reader(feed, delimiter=delimiter, skipinitialspace=True), [])
        if not feed.several or not is_torn(cells):
            yield begun, cells
        elif _is_closed(feed.text, delimiter, cells):
            yield Skipped(begun, "", "", BROKEN, "bad-name")
        else:
            raise csv.Error("a quote is not closed")
    except csv.Error as error:
        yield Skipped(begun, "", "", f"the row cannot be read: {error}", "malformed")
        feed.put_back()
    yield from feed.skipped()


def _is_closed(text: str, delimiter: str, cells: list[str]) -> bool:
    """Whether the quotes of a row of several lines are pairs, so that it is one row indeed.

    A stray quote takes in whole rows with their delimiters, or ends before other characters.
    """
    if any("\n" in cell and delimiter in cell for cell in cells):
        return False
    try:
        strict = csv.reader(
            io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True
        )
        return len(list(strict)) == 1
    except csv.Error:
        return False


class _Feed:
    """Lines for a CSV reader, which can be put back."""

    def __init__(self, source: Iterator[Line | Skipped]) -> None:
        self._source = source
        self._waiting: deque[Line] = deque()
        self._skipped: list[Skipped] = []
        self._taken: list[Line] = []
        self._first = False

    def take(self) -> Line | Skipped | None:
        """The next line that is not part of a row with quotes, or None at the end."""
        return self._waiting.popleft() if self._waiting else next(self._source, None)

    def begin(self, line: Line) -> None:
        """Begin a row with a line that was taken."""
        self._taken = [line]
        self._first = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._first:
            self._first = False
            return self._taken[0][1]
        if len(self._taken) == LONGEST_ROW:
            raise csv.Error(f"a quote is not closed within {LONGEST_ROW} lines")
        line = self.take()
        while isinstance(line, Skipped):
            self._skipped.append(line)
            line = self.take()
        if line is None:
            raise StopIteration
        self._taken.append(line)
        return line[1]

    @property
    def begun(self) -> int:
        """The line on which the present row begins."""
        return self._taken[0][0]

    @property
    def several(self) -> bool:
        """Whether the present row has several lines."""
        return len(self._taken) > 1

    @property
    def text(self) -> str:
        """The lines of the present row as one text."""
        return "".join(line for _, line in self._taken)

    def put_back(self) -> None:
        """Let all lines of the present row but the first be taken again."""
        self._waiting.extendleft(reversed(self._taken[1:]))
        self._taken.clear()

    def skipped(self) -> Iterator[Skipped]:
        """The lines that were skipped within the present row."""
        yield from self._skipped
        self._skipped.clear()
