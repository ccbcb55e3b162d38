"""How many edits two words are apart."""

from __future__ import annotations


def distance(one: str, other: str, most: int) -> int | None:
    """The edits from one word to another, if they are at most so many.

    An edit is a letter more, less or another, or two neighbours that changed places.
    """
    if abs(len(one) - len(other)) > most:
        return None
    begin = _shared(one, other)
    one, other = one[begin:], other[begin:]
    end = _shared(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    found = _edits(one, other, most)
    return found if found <= most else None


def _shared(one: str, other: str) -> int:
    """How many letters two words begin with."""
    for at, (letter, its) in enumerate(zip(one, other, strict=False)):
        if letter != its:
            return at
    return min(len(one), len(other))


def _edits(one: str, other: str, most: int) -> int:
    """The optimal string alignment distance; once it is above `most`, any number above."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, its in enumerate(other, 1):
            edits = min(last[column - 1] + (letter != its), last[column] + 1, now[-1] + 1)
            if row > 1 < column and letter == other[column - 2] and one[row - 2] == its:
                edits = min(edits, before[column - 2] + 1)
            now.append(edits)
        if min(now) > most and min(last) > most:
            return most + 1
        before, last = last, now
    return last[-1]
