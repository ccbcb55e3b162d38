"""Reads the pieces of a SentencePiece model from its protocol buffer.

It reads only field 1 of `ModelProto`, the repeated `SentencePiece`, and of that only field 1, its
text (sentencepiece_model.proto). That takes one page of code; the library is far larger.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

VARINT: Final = 0
FIXED64: Final = 1
TEXT: Final = 2
FIXED32: Final = 5
SIZES: Final = {FIXED64: 8, FIXED32: 4}

MOST_PIECES: Final = 1 << 22
MOST_OF_PIECE: Final = 16

Field = tuple[int, bytes]
"""The number and content of a field that has a length."""


def pieces(content: bytes) -> list[str]:
    """The piece of every id, in order.

    Raises:
        ValueError: it is not a SentencePiece model.
    """
    fields = _fields(content, MOST_PIECES)
    found = [_text(piece) for number, piece in fields if number == 1]
    if not found:
        raise ValueError("it contains no pieces")
    return found


def _text(piece: bytes) -> str:
    for number, content in _fields(piece, MOST_OF_PIECE):
        if number == 1:
            return content.decode()
    raise ValueError("a piece has no text")


def _fields(message: bytes, most: int) -> Iterator[Field]:
    """Yield the fields of a message that have a length; fields of other types are skipped."""
    place = 0
    for _ in range(most):
        if place >= len(message):
            return
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == TEXT:
            size, place = _varint(message, place)
            if place + size > len(message):
                raise ValueError("it is cut short")
            yield number, message[place : place + size]
            place += size
        elif kind == VARINT:
            _, place = _varint(message, place)
        elif kind in SIZES:
            place += SIZES[kind]
        else:
            raise ValueError(f"a field has the type {kind}")
    raise ValueError(f"it has more than {most} fields")


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """The number that begins at `place`, and the place after it."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            raise ValueError("it is cut short")
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number is too long")
