"""`mergehub push FOLDER` and `mergehub merge --push`: pushes a folder from this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal

from merge_worker.engine.output.output_files import MANIFEST
from merge_worker.pushing.push import push
from merge_worker.pushing.pushed import Means, Pushed, PushFault
from mergehub.cli.json_option import show_json
from mergehub.cli.progress import ProgressDisplay
from mergehub.contracts.destinations import PushTo
from mergehub.contracts.runs import RunProgress
from mergehub.variables import BadVariable, variable

S3 = "MERGEHUB_PUSH_S3_"


def push_folder(folder: Path, wanted: Mapping[str, Any], raw: bool) -> None:
    """Push the folder of a merged model and print where it is."""
    if not (folder / MANIFEST).is_file():
        raise click.ClickException(
            f"{folder} is not the folder of a merged model: it has no {MANIFEST}."
        )
    pushed = pushed_folder(folder, wanted)
    if raw:
        show_json(shown(wanted, pushed))
    else:
        click.echo(where(pushed))


def pushed_folder(folder: Path, wanted: Mapping[str, Any]) -> Pushed:
    """Push a folder, with what this machine has for it. A fault ends the command."""
    try:
        means = _means()
        with ProgressDisplay() as display:
            return push(folder, PushTo.model_validate(wanted), means, _reporting(display))
    except KeyboardInterrupt:
        raise click.ClickException(
            f"Stopped. `mergehub push {folder} {wanted['destination']}` continues."
        ) from None
    except (PushFault, BadVariable) as error:
        raise click.ClickException(
            f"The model in {folder} is whole, but it was not pushed. {error}."
        ) from error
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be read: {error.strerror}.") from error


def shown(wanted: Mapping[str, Any], pushed: Pushed) -> dict[str, Any]:
    """A push as data."""
    return {"destination": wanted["destination"], **asdict(pushed)}


def where(pushed: Pushed) -> str:
    """A push in lines, for people."""
    seen = f"{pushed.visibility}, " if pushed.visibility else ""
    sent = f"{pushed.sent} of {pushed.files} files sent"
    return f"pushed: {seen}{sent}, {decimal(pushed.bytes)}\n{pushed.url}"


def _means() -> Means:
    """The store of this machine's settings; the library of the Hub finds its token itself."""
    names = ("endpoint", "access_key", "secret_key", "region")
    given = {f"s3_{each}": variable(f"{S3}{each.upper()}") for each in names}
    return Means.model_validate({name: value for name, value in given.items() if value})


def _reporting(display: ProgressDisplay) -> Any:
    def report(done: int, total: int, bytes_done: int, bytes_total: int) -> None:
        display.show(
            RunProgress(
                stage="push", done=done, total=total, unit="files",
                bytes_done=bytes_done, bytes_total=bytes_total,
            )
        )  # fmt: skip

    return report
