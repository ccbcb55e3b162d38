"""What a file's first bytes say: its compression, its encoding, and formats that are not text."""

from __future__ import annotations

import codecs
import gzip
import io
from contextlib import AbstractContextManager, nullcontext

from .rows import Unreadable

Bytes = io.BufferedReader | gzip.GzipFile
_GZIP = b"\x1f\x8b"
_OTHERS = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet: unpack it, or save it as CSV",
    b"PAR1": "a Parquet file: write it as CSV or JSON Lines",
    b"BZh": "compressed with bzip2: unpack it first, or pack it with gzip",
    b"\xfd7zXZ\x00": "compressed with xz: unpack it first, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it first, or pack it with gzip",
    b"%PDF": "a PDF, which holds no rows",
    b"SQLite f": "a database of SQLite: write its table as CSV",
}
"""Formats that need another program, by their first bytes, and what to do about them."""


def unpacked(raw: io.BufferedReader) -> AbstractContextManager[Bytes]:
    """The content of a file, whether gzip has packed it or not."""
    return gzip.open(raw) if raw.peek(2).startswith(_GZIP) else nullcontext(raw)


def refuse_others(name: str, start: bytes) -> None:
    """Raises Unreadable if the first bytes are those of a format that needs another program."""
    for mark, what in _OTHERS.items():
        if start.startswith(mark):
            raise Unreadable(f"{name} is {what}.")


def encoding_of(start: bytes) -> str:
    """UTF-8, or UTF-16 if there is its mark or every other byte is zero."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = [byte == 0 for byte in start[:4]]
    if zeros == [False, True, False, True]:
        return "utf-16-le"
    return "utf-16-be" if zeros == [True, False, True, False] else "utf-8"
