"""`backup --deployed` and `restore --deployed`: for services on a PostgreSQL of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal

from mergehub.artifacts import S3Place, StoreFault
from mergehub.artifacts.place import SCHEME
from mergehub.cli.json_option import show_json_line
from mergehub.cli.lost_models import tell_missing
from mergehub.cli.progress import ProgressDisplay
from mergehub.hub import backup as backups
from mergehub.hub.backup import deployed
from mergehub.hub.process import CannotStart
from mergehub.kit.settings.environment import BadSettings, read_settings

METRICS = """\
# HELP mergehub_backup_timestamp_seconds When the newest backup began, which has succeeded.
# TYPE mergehub_backup_timestamp_seconds gauge
mergehub_backup_timestamp_seconds {time:.0f}
# HELP mergehub_backup_database_bytes The size of its dump of the databases.
# TYPE mergehub_backup_database_bytes gauge
mergehub_backup_database_bytes {database}
# HELP mergehub_backup_models How many models it has.
# TYPE mergehub_backup_models gauge
mergehub_backup_models {models}
# HELP mergehub_backup_missing_models How many runs succeeded whose models the hub has lost.
# TYPE mergehub_backup_missing_models gauge
mergehub_backup_missing_models {missing}
"""
REFUSALS = (
    backups.CannotBackUp,
    backups.CannotRestore,
    backups.DatabaseFault,
    CannotStart,
    StoreFault,
)


def back_up(target: str, keep: int, metrics: Path | None, raw: bool, seconds: Any) -> None:
    """Back up a deployed hub, and print the result."""
    with refusals(target), ProgressDisplay() as display:
        settings = _settings()
        saved = deployed.save(settings, _place(settings, target), display.show, keep=keep)
        if metrics is not None:
            _write_metrics(metrics, saved)
    tell_missing(saved.missing)
    if raw:
        show_json_line(vars(saved) | {"place": target, "seconds": round(seconds(), 3)})
        return
    click.echo(
        f"{saved.backup}  in {target}: databases {decimal(saved.database_bytes)}, "
        f"merged models: {saved.models} ({saved.copied} new), {seconds():.1f} s"
    )


def bring_back(source: str, backup: str | None, check: bool, raw: bool, seconds: Any) -> None:
    """Restore or check a backup of a deployed hub, and print the result."""
    with refusals(source), ProgressDisplay() as display:
        settings = _settings()
        place = _place(settings, source)
        if check:
            done = deployed.check(place, backup, display.show)
        else:
            done = deployed.restore(settings, place, backup, display.show)
    made = done.manifest
    if raw:
        about = {"backup": done.backup, "mergehub": made.mergehub, "created_at": made.created_at}
        took = {"restored": not check, "seconds": round(seconds(), 3)}
        show_json_line({**about, "models": len(made.models), **took})
        return
    how = "is whole" if check else "is restored; start the services"
    size = f"databases {decimal(made.database.bytes)}, merged models: {len(made.models)}"
    click.echo(f"{done.backup} by Mergehub {made.mergehub} {how}: {size}, {seconds():.1f} s")


@contextmanager
def refusals(place: str) -> Iterator[None]:
    """Turn errors into messages."""
    try:
        yield
    except BadSettings as error:
        raise click.ClickException(str(error)) from error
    except backups.BadBackup as error:
        raise click.ClickException(f"{place} cannot be restored: {error}.") from error
    except REFUSALS as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise click.ClickException(f"{error.strerror or error}{where}.") from error


def _settings() -> deployed.BackupSettings:
    return read_settings(deployed.BackupSettings, os.environ)


def _place(settings: deployed.BackupSettings, text: str) -> Path | S3Place:
    if not text.startswith(SCHEME):
        return Path(text)
    try:
        return settings.s3_place_of(text)
    except ValueError as error:
        raise click.BadParameter(f"{text}: {error}.") from error


def _write_metrics(path: Path, saved: deployed.Saved) -> None:
    """Write a file for the textfile collector of Prometheus's node exporter; it appears whole."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(
        METRICS.format(
            time=saved.created_at.timestamp(),
            database=saved.database_bytes,
            models=saved.models,
            missing=len(saved.missing),
        )
    )
    fresh.replace(path)
