"""`backup` and `restore`."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from click.core import ParameterSource
from rich.filesize import decimal

from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.lazy import BEGAN
from mergehub.cli.lost_models import tell_missing
from mergehub.cli.progress import ProgressDisplay
from mergehub.hub import backup as backups
from mergehub.hub.process import CannotStart
from mergehub.whereabouts import default_folder

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=default_folder,
    show_default="~/.local/share/mergehub",
    help="The hub's data folder (else MERGEHUB_DATA).",
)
REFUSALS = (backups.CannotBackUp, backups.CannotRestore, backups.DatabaseFault, CannotStart)


DEPLOYED = click.option(
    "--deployed",
    is_flag=True,
    help="The hub of MERGEHUB_DATABASE_URL and MERGEHUB_ARTIFACTS instead of a data folder.",
)


@click.command()
@click.argument("target", metavar="FILE_OR_FOLDER")
@DATA
@click.option(
    "--models/--no-models",
    default=True,
    help="Include the files of the hub's models folder, or not.",
)
@DEPLOYED
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    help="With --deployed: then remove all backups but the newest N.",
)
@click.option(
    "--metrics",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --deployed: write the time of the backup there, for Prometheus.",
)
@as_json
def backup(
    target: str,
    data: Path,
    models: bool,
    deployed: bool,
    keep: int | None,
    metrics: Path | None,
    raw: bool,
) -> None:
    """Back up a hub, running or stopped.

    Writes one file with databases, merged models, models folder, tokens and keys. If the target is
    a folder, the file's name holds the time. Keep it secret: it holds the hub's tokens.

    With --deployed, the target is a folder or s3://bucket/prefix that holds many backups, and
    models that are in it already are not copied again.
    """
    if deployed:
        _refuse_data()
        from mergehub.cli.commands import backup_deployed

        with _ended_by_signals():
            return backup_deployed.back_up(target, keep or 0, metrics, raw, _seconds)
    if keep is not None or metrics is not None:
        raise click.UsageError("--keep and --metrics need --deployed.")
    return _back_up_folder(Path(target), data, models, raw)


def _back_up_folder(target: Path, data: Path, models: bool, raw: bool) -> None:
    if target.is_dir():
        target /= f"mergehub-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"
    with _refusals(target), ProgressDisplay() as display:
        saved = backups.save(data.expanduser(), target, display.show, models=models)
    for name in saved.left_out:
        click.echo(f"Not in the backup, since it is not a regular file: {name}", err=True)
    tell_missing(saved.missing)
    if raw:
        show_json(vars(saved) | {"seconds": round(_seconds(), 3)})
        return
    click.echo(
        f"{saved.file}  {decimal(saved.bytes)}, {saved.files} files, "
        f"merged models: {saved.runs}, {_seconds():.1f} s"
    )


@click.command()
@click.argument("file", metavar="FILE_OR_PLACE")
@DATA
@click.option("--check", is_flag=True, help="Only read the backup and verify its checksums.")
@DEPLOYED
@click.option("--backup", help="With --deployed: the name of the backup; the newest by default.")
@as_json
def restore(
    file: str, data: Path, check: bool, deployed: bool, backup: str | None, raw: bool
) -> None:
    """Restore a hub's data folder from a backup.

    The folder must be empty or new. `mergehub up --data` then starts the hub in it.

    With --deployed, the backup is one of a folder or s3://bucket/prefix, and it is restored into
    the database of MERGEHUB_DATABASE_URL and the store of MERGEHUB_ARTIFACTS, which must be empty.
    """
    if deployed:
        _refuse_data()
        from mergehub.cli.commands import backup_deployed

        with _ended_by_signals():
            return backup_deployed.bring_back(file, backup, check, raw, _seconds)
    if backup is not None:
        raise click.UsageError("--backup needs --deployed.")
    if not Path(file).is_file():
        raise click.BadParameter(_no_file(Path(file)))
    return _restore_folder(Path(file), data, check, raw)


def _refuse_data() -> None:
    """A deployed hub has no data folder; MERGEHUB_DATA may be that of its stores' disk."""
    source = click.get_current_context().get_parameter_source("data")
    if source is ParameterSource.COMMANDLINE:
        raise click.UsageError("--data and --deployed exclude each other: leave one of them out.")


def _no_file(path: Path) -> str:
    if path.is_dir():
        return (
            f"{path} is a folder. A folder holds backups of a deployed hub: restore one of them "
            "with --deployed, or name the file of another hub's backup."
        )
    return f"File {str(path)!r} does not exist."


def _restore_folder(file: Path, data: Path, check: bool, raw: bool) -> None:
    with _refusals(file), ProgressDisplay() as display:
        if check:
            done = backups.check(file, display.show)
        else:
            done = backups.restore(file, data, display.show)
    made = done.manifest
    if raw:
        about = {"mergehub": made.mergehub, "created_at": made.created_at, "bytes": made.bytes}
        took = {"seconds": round(_seconds(), 3)}
        show_json({**about, "files": len(made.files), "folder": done.folder, **took})
        return
    of = f"a backup of {made.created_at:%Y-%m-%d %H:%M} UTC by Mergehub {made.mergehub}"
    size = f"{decimal(made.bytes)}, {len(made.files)} files, {_seconds():.1f} s"
    if done.folder is None:
        click.echo(f"{file} is whole: {of}, {size}")
    else:
        click.echo(f"{done.folder}  restored from {of}: {size}")
        click.echo(f"Start it with: mergehub up --data {done.folder}", err=True)


def _seconds() -> float:
    """How many seconds the command has taken so far, imports included."""
    return time.monotonic() - float(click.get_current_context().meta[BEGAN])


@contextmanager
def _refusals(file: Path) -> Iterator[None]:
    """Turn errors into messages; SIGTERM cleans up as Ctrl-C does."""
    try:
        with _ended_by_signals():
            yield
    except backups.BadBackup as error:
        raise click.ClickException(f"{file} cannot be restored: {error}.") from error
    except REFUSALS as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise click.ClickException(
            f"{error.strerror or error}{where}. Nothing was written."
        ) from error


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM cleans up as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
