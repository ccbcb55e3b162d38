"""Ids for many new rows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from uuid import UUID

VERSION_7 = 7 << 76 | 2 << 62
"""The bits that say how an id was made (RFC 9562)."""
RANDOM_BYTES = 10
LAST_62 = 2**62 - 1
LAST_12 = 2**12 - 1


def new_ids(count: int) -> Iterator[UUID]:
    """Ids that begin with the time, so that those of a batch lie together in the index of ids."""
    begin = time.time_ns() // 1_000_000 << 80 | VERSION_7
    drawn = os.urandom(RANDOM_BYTES * count)
    for place in range(0, len(drawn), RANDOM_BYTES):
        random = int.from_bytes(drawn[place : place + RANDOM_BYTES])
        yield UUID(int=begin | (random >> 62 & LAST_12) << 64 | random & LAST_62)
