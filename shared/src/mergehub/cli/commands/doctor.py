"""`doctor`: what would keep a hub's programs from working."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import click

from mergehub.cli.json_option import as_json, show_json
from mergehub.hub.doctor.diagnosis import diagnose
from mergehub.hub.doctor.finding import Finding
from mergehub.variables import BadVariable
from mergehub.whereabouts import default_folder

COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    show_default="~/.local/share/mergehub",
    help="Check the hub of this data folder, whatever the variables name (else MERGEHUB_DATA).",
)
@as_json
def doctor(data: Path | None, raw: bool) -> None:
    """Check settings, stores, hub, clock, disk and GPU.

    Run it with the variables, and as the user, of the program that you ask about: it checks what
    they name. Without variables, or with --data, it checks the hub of `mergehub up` on this
    machine. The exit code is 1 if a check failed.
    """
    folder, asked = data, data is not None
    if folder is None:
        with suppress(BadVariable):  # which the check of the settings reports
            folder = default_folder()
    findings = []
    for finding in diagnose(os.environ, folder and folder.expanduser(), asked=asked):
        findings.append(finding)
        if not raw:
            _show(finding)
    healthy = all(finding.state != "failed" for finding in findings)
    if raw:
        show_json({"healthy": healthy, "checks": [finding._asdict() for finding in findings]})
    if not healthy:
        raise click.exceptions.Exit(1)


def _show(finding: Finding) -> None:
    state = click.style(f"{finding.state:8}", fg=COLOURS[finding.state])
    click.echo(f"{state} {finding.check:10}  {finding.found}")
    if finding.right:
        click.echo(f"{'':21}{finding.right}")
