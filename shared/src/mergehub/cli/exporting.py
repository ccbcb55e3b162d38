"""Where the pieces of an export go: into a file, which is there only when it is whole, or out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click


def saved(pieces: Iterable[bytes], output: Path) -> int:
    """Write the file; returns its size. Raises click.ClickException if it cannot be written."""
    draft = output.with_name(f"{output.name}.new")
    try:
        with draft.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            size = file.tell()
        os.replace(draft, output)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return size


def printed(pieces: Iterable[bytes]) -> None:
    """Write the pieces to standard output."""
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
