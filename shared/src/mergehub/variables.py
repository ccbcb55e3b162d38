"""Variables of the environment, each of which may be the content of a file: `<name>_FILE`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

SUFFIX = "_FILE"
MOST_BYTES = 64 << 10


class BadVariable(ValueError):
    """A variable and its file cannot be read; the message names both and quotes no content."""


def variable(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The value of a variable, or the text of the file that `<name>_FILE` names; None if neither.

    An empty `<name>_FILE` counts as not set; so does an empty variable beside a file. One line end
    at the end of the file is dropped.

    Raises BadVariable if both are set, or if the file cannot be read as text of at most 64 KiB.
    """
    value, path = environment.get(name), environment.get(name + SUFFIX)
    if not path:
        return value
    if value:
        raise BadVariable(f"{name} and {name}{SUFFIX} are both set: remove one of them.")
    try:
        return _content(Path(path))
    except OSError as error:
        reason = error.strerror or str(error)
    except ValueError as error:
        reason = str(error)
    raise BadVariable(f"{name}{SUFFIX} names {path}, which cannot be read: {reason}.")


def with_files(names: Iterable[str]) -> Iterator[str]:
    """The names of variables, and those of the variables that name their files."""
    for name in names:
        yield name
        yield name + SUFFIX


def _content(path: Path) -> str:
    with path.open("rb") as file:
        read = file.read(MOST_BYTES + 1)
    if len(read) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES >> 10} KiB")
    try:
        text = read.decode()
    except UnicodeDecodeError:
        raise ValueError("it is not text in UTF-8") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ValueError("it is empty")
    return text
