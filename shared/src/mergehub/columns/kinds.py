"""Rows that have several texts in common share one number, which stands for all of the texts.

Few rows differ in texts such as the relation, the role and the method. So each row is read with a
hash of them, and the texts themselves only for one row of each hash.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Integers = NDArray[np.int64]

PART = 1 << 18  # so many at a time, to need little memory


def hashed(*texts: str) -> str:
    """The SQL of the hash of some columns; with 64 bits, no two sets of texts share one."""
    return " # ".join(
        f"coalesce(hashtextextended({text}, {seed}), 0)" for seed, text in enumerate(texts)
    )


async def texts_of(
    connection: asyncpg.Connection, query: str, kinds: Integers, keys: NDArray[Any]
) -> tuple[list[asyncpg.Record], Numbers]:
    """The texts of each kind of rows, and which of them each row has.

    `query` returns rows by an array of keys: first the key.
    """
    parts = [kinds[begin : begin + PART] for begin in range(0, len(kinds), PART)]
    distinct = np.unique(np.concatenate([kinds[:0], *(np.unique(part) for part in parts)]))
    each = np.concatenate([np.empty(0, np.int32), *(_places(distinct, part) for part in parts)])
    examples = np.empty(len(distinct), np.int64)
    examples[each] = keys
    rows = {row[0]: row for row in await connection.fetch(query, examples.tolist())}
    return [rows[key] for key in examples.tolist()], each


def _places(distinct: Integers, part: Integers) -> Numbers:
    return np.searchsorted(distinct, part).astype(np.int32)


def coded(
    texts: list[asyncpg.Record],
    name: str,
    each: Numbers,
    code: Callable[[Any], int],
    dtype: type[np.unsignedinteger[Any]] = np.uint16,
) -> NDArray[Any]:
    """The column of the codes of the texts of this name."""
    return np.array([code(text[name]) for text in texts], dtype)[each]
