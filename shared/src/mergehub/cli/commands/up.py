"""`mergehub up`: the command line of the embedded hub."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from mergehub.cli.json_option import as_json
from mergehub.hub.process import CannotStart
from mergehub.hub.up import Options, run
from mergehub.kit.settings.names import misspelt
from mergehub.variables import variable
from mergehub.whereabouts import default_folder

WORKERS = "How many runs the hub's CPU workers do at a time."
GPUS = "Also start a worker for each of so many GPUs, or for `all`."
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class GpusType(click.ParamType[int | None]):
    """A number of GPUs, or `all`, which is None."""

    name = "N|all"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> int | None:
        """The number, or None."""
        text = str(value)
        if text == "all":
            return None
        if not text.isdecimal():
            self.fail(f"{text!r} is neither a number of GPUs nor all", parameter, context)
        return int(text)


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=default_folder,
    show_default="~/.local/share/mergehub",
    help="The folder that holds everything (else MERGEHUB_DATA).",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The IP address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port; 0 takes any free one.",
)
@click.option(
    "--models",
    type=FOLDER,
    multiple=True,
    help="A folder of models that recipes may name; may be repeated.",
)
@click.option(
    "--tasks",
    type=FOLDER,
    multiple=True,
    help="A folder of local evaluation tasks; may be repeated.",
)
@click.option("--workers", type=click.IntRange(0, 64), default=1, show_default=True, help=WORKERS)
@click.option("--gpus", type=GpusType(), default=0, show_default=True, help=GPUS)
@click.option(
    "--require-token",
    is_flag=True,
    default=lambda: variable("MERGEHUB_REQUIRE_TOKEN") or "false",
    help="Reading needs a token, too. Without this, other machines cannot reach the hub (else "
    "MERGEHUB_REQUIRE_TOKEN).",
)
@as_json
def up(
    data: Path,
    host: str,
    port: int,
    models: tuple[Path, ...],
    tasks: tuple[Path, ...],
    workers: int,
    gpus: int | None,
    require_token: bool,
    raw: bool,
) -> None:
    """Run a whole hub: stores, services and a worker.

    All programs are children of this command and end with it. With --json, the command prints the
    address and the token as one object on one line.
    """
    for name, near in () if raw else misspelt(os.environ).items():
        click.echo(f"Warning: {name} is not a variable of Mergehub. Write {near}.", err=True)
    try:
        run(Options(data, host, port, models, tasks, workers, gpus, require_token, raw))
    except CannotStart as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise click.ClickException(f"The hub had to stop: {error.strerror}{where}.") from error
