"""Rows of PostgreSQL as columns: binary COPY, whose rows of fixed width NumPy reads in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray

PIECE_BYTES = 128 << 10  # so little that the memory for it is used again and again
HEADER_BYTES = 19  # the signature, the flags and the length of an extension, which is 0
TRAILER = b"\xff\xff"

Fields = Mapping[str, tuple[str, str]]
"""The name of each column, its type as PostgreSQL sends it, and as it is kept."""


class _Column:
    """The values of one column, as they come: most of the room takes no memory until it is used."""

    ROOM = 1 << 16

    def __init__(self, kept: str, shape: tuple[int, ...]) -> None:
        self._values: NDArray[Any] = np.empty((self.ROOM, *shape), kept)
        self._size = 0

    def add(self, values: NDArray[Any]) -> None:
        end = self._size + len(values)
        if end > len(self._values):
            longer = np.empty((2 * end, *self._values.shape[1:]), self._values.dtype)
            longer[: self._size] = self._values[: self._size]
            self._values = longer
        with np.errstate(over="ignore"):  # a weight that is too large becomes infinite
            self._values[self._size : end] = values
        self._size = end

    def values(self) -> NDArray[Any]:
        return self._values[: self._size]


class _Columns:
    """Takes the bytes of a COPY, and has the columns when it ends."""

    def __init__(self, fields: Fields) -> None:
        row: list[tuple[str, str]] = [("fields", ">i2")]
        for name, (sent, _) in fields.items():
            row += [(f"length of {name}", ">i4"), (name, sent)]
        self._row = np.dtype(row)
        self._columns = {
            name: _Column(kept, self._row[name].shape) for name, (_, kept) in fields.items()
        }
        self._unread: list[bytes] = []
        self._size = 0
        self._begun = False

    async def take(self, data: bytes) -> None:
        self._unread.append(data)
        self._size += len(data)
        if self._size >= PIECE_BYTES:
            self._read()

    def ended(self) -> dict[str, NDArray[Any]]:
        """All columns."""
        self._read()
        assert self._unread == [TRAILER], "the rows have another width"
        return {name: column.values() for name, column in self._columns.items()}

    def _read(self) -> None:
        begin = 0 if self._begun else HEADER_BYTES
        self._begun = True
        data = b"".join(self._unread)
        count = (len(data) - begin) // self._row.itemsize
        rows = np.frombuffer(data, self._row, count, begin)
        for name, column in self._columns.items():
            column.add(rows[name])
        self._unread = [data[begin + count * self._row.itemsize :]]
        self._size = len(self._unread[0])


async def copied(
    connection: asyncpg.Connection, query: str, arguments: Sequence[Any], fields: Fields
) -> dict[str, NDArray[Any]]:
    """The columns of a query, whose fields have a fixed width and are never null."""
    columns = _Columns(fields)
    await connection.copy_from_query(query, *arguments, output=columns.take, format="binary")
    return columns.ended()


async def copied_lines(
    connection: asyncpg.Connection, query: str, arguments: Sequence[Any]
) -> bytearray:
    """The only column of a query, a text of each row in a line, as COPY writes it."""
    lines = bytearray()

    async def take(data: bytes) -> None:
        lines.extend(data)

    await connection.copy_from_query(query, *arguments, output=take, format="text")
    return lines
