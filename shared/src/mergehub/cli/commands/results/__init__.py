"""`results`: scores into a hub and out of it. The commands of the group; no slow imports."""

from __future__ import annotations

import click

from mergehub.cli.lazy import Lazy, LazyGroup

HERE = "mergehub.cli.commands.results"
SECTIONS = {
    "Results of evaluations": {
        "list": Lazy(f"{HERE}.listing:list_results", "List results, the newest first."),
        "import": Lazy(
            f"{HERE}.importing:import_", "Import results of harnesses, leaderboards and cards."
        ),
        "export": Lazy(f"{HERE}.exporting:export", "Export results for other programs."),
    },
    "Without a hub": {
        "overlap": Lazy(
            f"{HERE}.overlap:overlap", "Find evaluation items that a text sample contains."
        ),
    },
}


@click.command("results", cls=LazyGroup, sections=SECTIONS)
def results() -> None:
    """List, import and export results, or check items for overlap with a text."""
