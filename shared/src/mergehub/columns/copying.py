"""Rows of PostgreSQL as columns: binary COPY, whose rows of fixed width NumPy reads in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray

PIECE_BYTES = 16 << 20
HEADER_BYTES = 19  # the signature, the flags and the length of an extension, which is 0
TRAILER = b"\xff\xff"

Fields = Mapping[str, tuple[str, str]]
"""The name of each column, its type as PostgreSQL sends it, and as it is kept."""


class _Columns:
    """Takes the bytes of a COPY, and has the columns when it ends."""

    def __init__(self, fields: Fields) -> None:
        row: list[tuple[str, str]] = [("fields", ">i2")]
        for name, (sent, _) in fields.items():
            row += [(f"length of {name}", ">i4"), (name, sent)]
        self._row = np.dtype(row)
        self._fields = fields
        self._pieces: dict[str, list[NDArray[Any]]] = {name: [] for name in fields}
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
        # one column after the other, so that its pieces are freed
        return {name: np.concatenate(self._pieces.pop(name)) for name in self._fields}

    def _read(self) -> None:
        begin = 0 if self._begun else HEADER_BYTES
        self._begun = True
        data = b"".join(self._unread)
        count = (len(data) - begin) // self._row.itemsize
        rows = np.frombuffer(data, self._row, count, begin)
        for name, pieces in self._pieces.items():
            with np.errstate(over="ignore"):  # a weight that is too large becomes infinite
                pieces.append(rows[name].astype(self._fields[name][1]))
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
