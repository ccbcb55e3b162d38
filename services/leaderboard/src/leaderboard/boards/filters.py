"""Which rows of a board are shown. Their ranks stay those of the whole board."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Codes16, Flags, Integers
from leaderboard.memory.columns import ModelColumns
from mergehub.columns.codes import UNKNOWN, Codes, codes_of, members_of

BILLION = 1e9


@dataclass(frozen=True)
class Filters:
    """What a row must be; None: anything. A tuple: one of these.

    `q` is a part of the name, in any case; `model` are whole names. `since` and `until` are days
    since 1970, both included. `unknown` stands for rows of which nothing is known.
    """

    q: str | None = None
    model: tuple[str, ...] | None = None
    method: tuple[str, ...] | None = None
    base: tuple[str, ...] | None = None
    family: tuple[str, ...] | None = None
    domain: tuple[str, ...] | None = None
    precision: tuple[str, ...] | None = None
    licence: tuple[str, ...] | None = None
    size_min: float | None = None
    size_max: float | None = None
    since: int | None = None
    until: int | None = None
    merged: bool | None = None
    flagged: bool | None = None

    def active(self) -> list[str]:
        """The names of those that are set."""
        return [each.name for each in fields(self) if getattr(self, each.name) is not None]


def kept(board: Board, filters: Filters, search: Search) -> dict[str, Flags]:
    """For each filter that is set, which rows it keeps."""
    return {name: MASKS[name](board, filters, search) for name in filters.active()}


def together(masks: Mapping[str, Flags], size: int) -> Flags:
    """Which rows all of them keep."""
    rows = np.ones(size, np.bool_)
    for mask in masks.values():
        rows &= mask
    return rows


class _Names(NamedTuple):
    """Names in lower case, one after the other, and where each ends."""

    of: object
    text: bytes
    ends: Integers


class Search:
    """Finds models by a part of their name; keeps all names in one piece of memory."""

    def __init__(self) -> None:
        self._names = _Names(None, b"", np.empty(0, np.int64))

    def look(self, models: ModelColumns) -> _Names:
        """Take the names of these models, unless they are those that are here."""
        names = self._names
        if names.of is not models.rank:
            lines = [name.lower().encode() for name in models.names[: len(models)]]
            ends = np.cumsum([len(line) + 1 for line in lines], dtype=np.int64)
            names = self._names = _Names(models.rank, b"\n".join([*lines, b""]), ends)
        return names

    def containing(self, board: Board, part: str) -> Flags:
        """Which models have `part` in their names, in any case."""
        models = board.facts.models
        names = self.look(models)
        found = np.zeros(len(models), np.bool_)
        places = _places(names.text, part.lower().encode("utf-8", "surrogatepass"))
        found[np.searchsorted(names.ends, places, side="right")] = True
        return found


def _places(text: bytes, part: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Where `part` begins in `text`: the places of its rarest byte, then those of the others."""
    data = np.frombuffer(text, np.uint8)
    if not len(data) or b"\n" in part:
        return np.empty(0, np.int64)
    sample = np.bincount(data[: 1 << 16], minlength=256)
    order = sorted(range(len(part)), key=lambda at: sample[part[at]])
    places = np.flatnonzero(data == part[order[0]]) - order[0]
    places = places[(places >= 0) & (places <= len(data) - len(part))]
    for at in order[1:]:
        places = places[data[places + at] == part[at]]
    return places


Mask = Callable[[Board, Filters, Search], Flags]


def _coded(codes: Codes, column: Codes16, wanted: tuple[str, ...]) -> Flags:
    """Which rows have one of these texts."""
    table = np.zeros(len(codes), np.bool_)
    table[codes_of(codes, wanted)] = True
    return table[column]


def _sets(codes: Codes, column: Codes16, wanted: tuple[str, ...]) -> Flags:
    """Which rows have a set with one of these members."""
    allowed, none = set(wanted), UNKNOWN in wanted
    table = [bool(allowed.intersection(members_of(text))) or (none and not text) for text in codes]
    return np.array(table, np.bool_)[column]


def _q(board: Board, filters: Filters, search: Search) -> Flags:
    return search.containing(board, filters.q or "")[board.models]


def _model(board: Board, filters: Filters, search: Search) -> Flags:
    found = [board.facts.models.find(name) for name in filters.model or ()]
    wanted = np.zeros(len(board.facts.models), np.bool_)
    wanted[[at for at in found if at is not None]] = True
    return wanted[board.models]


def _base(board: Board, filters: Filters, search: Search) -> Flags:
    models = board.facts.models
    wanted = np.zeros(len(models), np.bool_)
    for name in filters.base or ():
        at = models.find(name)
        if at is not None:
            wanted |= models.parents.descendants(at)
    return wanted[board.models]


def _text_of_model(name: str) -> Mask:
    def mask(board: Board, filters: Filters, search: Search) -> Flags:
        codes, column = getattr(board.facts.codes, name), getattr(board.facts.models, name)
        return _coded(codes, column, getattr(filters, name))[board.models]

    return mask


def _domain(board: Board, filters: Filters, search: Search) -> Flags:
    facts = board.facts
    return _sets(facts.codes.domains, facts.models.domains, filters.domain or ())[board.models]


def _precision(board: Board, filters: Filters, search: Search) -> Flags:
    facts = board.facts
    wanted = filters.precision or ()
    return _coded(facts.codes.precision, facts.variants.precision, wanted)[board.variants]


def _size_min(board: Board, filters: Filters, search: Search) -> Flags:
    assert filters.size_min is not None
    return (board.facts.models.parameters >= filters.size_min * BILLION)[board.models]


def _size_max(board: Board, filters: Filters, search: Search) -> Flags:
    assert filters.size_max is not None
    return (board.facts.models.parameters <= filters.size_max * BILLION)[board.models]


def _since(board: Board, filters: Filters, search: Search) -> Flags:
    assert filters.since is not None
    return (board.facts.models.made_on >= max(filters.since, 0))[board.models]


def _until(board: Board, filters: Filters, search: Search) -> Flags:
    assert filters.until is not None
    days = board.facts.models.made_on
    return ((days >= 0) & (days <= filters.until))[board.models]


def _merged(board: Board, filters: Filters, search: Search) -> Flags:
    merged: Flags = board.facts.models.merged == filters.merged
    return merged[board.models]


def _flagged(board: Board, filters: Filters, search: Search) -> Flags:
    flagged: Flags = (board.facts.models.flags > 0) == filters.flagged
    return flagged[board.models]


MASKS: dict[str, Mask] = {
    "q": _q,
    "model": _model,
    "method": _text_of_model("method"),
    "base": _base,
    "family": _text_of_model("family"),
    "domain": _domain,
    "precision": _precision,
    "licence": _text_of_model("licence"),
    "size_min": _size_min,
    "size_max": _size_max,
    "since": _since,
    "until": _until,
    "merged": _merged,
    "flagged": _flagged,
}
