"""An error in a user's Python file, in one line instead of a traceback."""

from __future__ import annotations

import traceback

from pydantic import ValidationError

from merge_worker.engine.errors import EngineError


def in_one_line(error: BaseException, file: str) -> str:
    """The error in words, with the file and the line in it where that happened, if known."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return f"{error.msg} ({file}, line {error.lineno})"
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__)
             if each.filename == file]  # fmt: skip
    where = f" ({file}, line {lines[-1]})" if lines else f" ({file})"
    return f"{_words(error)}{where}"


def _words(error: BaseException) -> str:
    if isinstance(error, EngineError):
        return str(error)
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        return (
            f"{error.title} {place}: {first['msg']}" if place else f"{error.title}: {first['msg']}"
        )
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
