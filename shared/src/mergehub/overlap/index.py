"""The runs of words of all items, found by a hash that rolls over a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .items import Item
from .rule import Rule
from .words import words

MOST_RUNS = 10_000_000
"""The most runs of words that are held, at about 130 bytes each."""
_PRIME = (1 << 61) - 1
_BASE = 1_099_511_628_211
_BITS = 24


class TooMany(ValueError):
    """More items than can be held."""


class Index:
    """Where each run of words occurs in the items; `texts` are the words of each item."""

    def __init__(self, items: Iterable[Item], rule: Rule) -> None:
        self.items: list[Item] = []
        self.texts: list[list[str]] = []
        self.judged = 0
        self._places: dict[int, dict[int, int | list[int]]] = {}
        self._runs = 0
        for item in items:
            self._add(item, rule)

    @property
    def lengths(self) -> list[int]:
        """How many words the runs have."""
        return sorted(self._places)

    def has(self, length: int, key: int) -> bool:
        """Whether a run of so many words has this hash."""
        return key in self._places[length]

    def places(self, length: int, key: int) -> Iterator[tuple[int, int]]:
        """The item and the first word of each run with this hash, which may be another run."""
        found = self._places[length].get(key)
        if found is None:
            return
        for place in [found] if isinstance(found, int) else found:
            yield place >> _BITS, place & ((1 << _BITS) - 1)

    def _add(self, item: Item, rule: Rule) -> None:
        text = words(item.text)
        number = len(self.items)
        self.items.append(item)
        self.texts.append(text)
        length = rule.run(len(text))
        if length is None:
            return
        self.judged += 1
        self._runs += len(text) - length + 1
        if self._runs > MOST_RUNS or len(text) >= 1 << _BITS:
            raise TooMany(f"The items have more than {MOST_RUNS} runs of words: check parts.")
        places = self._places.setdefault(length, {})
        rolling = Rolling(length)
        for end, word in enumerate(text, 1):
            key = rolling.add(hash(word))
            if end >= length:
                place = number << _BITS | end - length
                known = places.setdefault(key, place)
                if known != place:
                    places[key] = [*([known] if isinstance(known, int) else known), place]


class Rolling:
    """The hash of the last words of a text, modulo a prime of 61 bits."""

    def __init__(self, length: int) -> None:
        self.length = length
        self._held = [0] * length
        self._next = 0
        self._leaving = pow(_BASE, length - 1, _PRIME)
        self._value = 0

    def add(self, word: int) -> int:
        """The hash after one more word, given by a hash of its own."""
        left = self._held[self._next]
        self._held[self._next] = word
        self._next = (self._next + 1) % len(self._held)
        self._value = ((self._value - left * self._leaving) * _BASE + word) % _PRIME
        return self._value
