"""The option `--method-file` of the commands that merge or check in this shell."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from mergehub.cli.lazy import imported

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FILES, ERRORS = "merge_worker.engine.method_files", "merge_worker.engine.errors"
HELP = "A Python file with a merge method. The command runs the file, so use only one you trust."


def with_method_file(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option, which makes a file's method known while the command runs."""

    @click.option("--method-file", type=FILE, help=HELP)
    @functools.wraps(command)
    def knowing(*args: Any, method_file: Path | None, **options: Any) -> Any:
        with ExitStack() as known:
            if method_file is not None:
                files, errors = map(imported, (FILES, ERRORS))
                try:
                    known.enter_context(files.method_file(method_file))
                except errors.EngineError as error:
                    raise click.ClickException(str(error)) from error
            return command(*args, **options)

    return knowing
