"""Which items share a run of words with a text, in one pass over it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from .index import Index, Rolling
from .items import Item
from .rule import Rule
from .words import Word, words_of

MOST_HITS = 20
"""The most matches of one item that are listed; the words of all are counted."""


@dataclass
class Hit:
    """A stretch of an item's words that the text has, and the characters where it is there."""

    first: int
    count: int
    start: int
    end: int


@dataclass
class Finding:
    """What was found of one item: which of its words are in matches, and the first matches."""

    item: Item
    words: list[str]
    covered: set[int] = field(default_factory=set)
    hits: list[Hit] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of the item's words that are in a match."""
        return len(self.covered) / len(self.words)

    def shown(self, hit: Hit) -> str:
        """The words of a match."""
        return " ".join(self.words[hit.first : hit.first + hit.count])

    def note(self, first: int, run: list[Word]) -> None:
        """Note a run of words; one that goes on with the last match makes that longer."""
        self.covered.update(range(first, first + len(run)))
        last = self.hits[-1] if self.hits else None
        before = run[-2].end if len(run) > 1 else run[0].start
        if last and last.first + last.count == first + len(run) - 1 and last.end == before:
            last.count += 1
            last.end = run[-1].end
        elif len(self.hits) < MOST_HITS:
            self.hits.append(Hit(first, len(run), run[0].start, run[-1].end))


@dataclass
class Findings:
    """The items that overlap by their places among all, and how many there are."""

    rule: Rule
    items: int
    judged: int
    words: int = 0
    """Of the text."""
    found: dict[int, Finding] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """The share of the judged items that overlap."""
        return len(self.found) / self.judged if self.judged else 0.0


def find(items: Iterable[Item], pieces: Iterable[str], rule: Rule | None = None) -> Findings:
    """The items that overlap with a text, which comes in pieces and is read once.

    Memory grows with the items, never with the text.

    Raises:
        TooMany: there are too many items.
    """
    rule = rule or Rule()
    index = Index(items, rule)
    found = Findings(rule, len(index.items), index.judged)
    rolling = [Rolling(length) for length in index.lengths]
    held: deque[Word] = deque(maxlen=max(index.lengths, default=1))
    for word in words_of(pieces):
        held.append(word)
        found.words += 1
        key = hash(word.text)
        for rolled in rolling:
            value = rolled.add(key)
            if found.words >= rolled.length and index.has(rolled.length, value):
                _match(index, found, list(held)[-rolled.length :], value)
    return found


def _match(index: Index, found: Findings, run: list[Word], key: int) -> None:
    """Note a run of the text at each item that has it, word by word."""
    texts = [word.text for word in run]
    for number, first in index.places(len(run), key):
        if index.texts[number][first : first + len(run)] == texts:
            if number not in found.found:
                found.found[number] = Finding(index.items[number], index.texts[number])
            found.found[number].note(first, run)
