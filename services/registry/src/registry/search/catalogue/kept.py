"""Bitmaps that took long to find, kept and continued: entries are only ever added at the end."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from pyroaring import BitMap

MOST = 96


class Kept:
    """The newest bitmaps that were asked for, each with how many entries it covers."""

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, tuple[int, BitMap]] = OrderedDict()
        self._lock = Lock()

    def of(self, key: Hashable, size: int, find: Callable[[int, int], BitMap]) -> BitMap:
        """The bitmap of a key among the first `size` entries, and perhaps of later ones.

        `find` looks through the entries from one slot up to another.
        """
        with self._lock:
            covered, found = self._found.get(key, (0, BitMap()))
        if covered < size:
            found = found | find(covered, size)
            covered = size
        with self._lock:
            self._found[key] = covered, found
            self._found.move_to_end(key)
            if len(self._found) > MOST:
                self._found.popitem(last=False)
        return found
