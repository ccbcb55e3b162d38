"""`--method-file`, which commands have that merge in this shell or check for it."""

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
HELP = "A Python file of yours with a merge method. It is run, so know what is in it."


def with_method_file(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option that makes the method of a file known while the command runs."""

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
