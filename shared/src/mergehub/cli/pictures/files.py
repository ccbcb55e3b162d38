"""The options `--svg` and `--png`, which save what a command shows as a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mergehub.cli.lazy import imported
from mergehub.cli.pictures.drawing import Picture

_FILE = click.Path(path_type=Path, dir_okay=False)


def saves_pictures(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options; the command gets them as `svg` and `png`."""
    command = click.option("--png", type=_FILE, help="Save the plot as a PNG file.")(command)
    return click.option("--svg", type=_FILE, help="Save the plot as an SVG file.")(command)


def save(picture: Picture, svg: Path | None, png: Path | None) -> None:
    """Write the picture to those files that are wanted."""
    if svg is not None:
        text: str = imported("mergehub.cli.pictures.svg").svg(picture)
        _write(svg, text.encode())
    if png is not None:
        _write(png, imported("mergehub.cli.pictures.png").png(picture))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None
    click.echo(f"Saved {path}.", err=True)
