"""Where the records of a table lie in a document of JSON."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from mergehub.contracts.results import ResultRow
from mergehub.result_files.mapping import Mapping
from mergehub.result_files.rows import Doubtful, Refused, Said, within


class Pointers:
    """The places of records by their numbers, which they have as their lines until `put`.

    `listed`: the file is a list of records. Otherwise each line may be a document of its own, and
    only the records of the first have pointers.
    """

    def __init__(self, *, listed: bool) -> None:
        self._starts: list[int] = [1] if listed else []
        self._lists: list[tuple[str, ...]] = [()] if listed else []
        self._named: dict[int, tuple[str, ...]] = {}

    def add_list(self, line: int, *path: str) -> None:
        """Note that a list of records begins with this number."""
        if line == 1 and not self._starts:
            self._starts.append(line)
            self._lists.append(path)

    def add_named(self, line: int, names: Iterable[str]) -> None:
        """Note that an object of records begins with this number."""
        if line == 1 and not self._starts:
            self._named.update((place, (name,)) for place, name in enumerate(names, line))

    def put(self, said: Said | Mapping) -> Said | Mapping:
        """A row, or what is said of one, with its place; it then has no line."""
        if not isinstance(said, ResultRow | Refused | Doubtful) or said.line is None:
            return said
        place = self._of(said.line)
        if place is None:
            return said
        if isinstance(said, ResultRow):
            return said.model_copy(update={"line": None, "place": place})
        return replace(said, line=None, place=place)

    def _of(self, line: int) -> str | None:
        at = bisect_right(self._starts, line) - 1
        if at >= 0:
            return within(*self._lists[at], line - self._starts[at])
        return within(*self._named[line]) if line in self._named else None
