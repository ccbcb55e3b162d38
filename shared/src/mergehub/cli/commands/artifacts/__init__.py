"""`artifacts`: the models of runs. The commands of the group; it imports nothing slow."""

from __future__ import annotations

import click

from mergehub.cli.lazy import Lazy, LazyGroup

HERE = "mergehub.cli.commands.artifacts"
SECTIONS = {
    "Models of a hub": {
        "list": Lazy(f"{HERE}.listing:list_", "List the newest models of runs."),
        "show": Lazy(f"{HERE}.listing:show_", "Show a model and its files."),
    },
    "Keeping and deleting": {
        "pin": Lazy(f"{HERE}.changing:pin", "Keep a model, whatever the rules say."),
        "unpin": Lazy(f"{HERE}.changing:unpin", "Let the rules decide about a model again."),
        "delete": Lazy(f"{HERE}.changing:delete", "Delete a model that nothing needs."),
        "collect": Lazy(
            f"{HERE}.collecting:collect", "Mark the models that go by the rules of retention."
        ),
    },
}


class _Artifacts(LazyGroup):
    """A group that lists the models if no command is given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.command("artifacts", cls=_Artifacts, sections=SECTIONS)
def artifacts() -> None:
    """List the models of runs, and pin, delete or collect them.

    Without a command, it lists them, as `mergehub artifacts list` does. A model is named by the id
    of its run, or at least its first six characters; or by its name, which means its newest run.
    """
