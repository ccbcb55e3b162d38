"""A group of commands that imports a command only when it is called, not to list it."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from mergehub.variables import BadVariable

BEGAN = "mergehub.began"
"""The key in the context's `meta` of the time at which the command was called."""


class Lazy(NamedTuple):
    """The place of a command (`module:function`), and its line in the list of commands."""

    target: str
    help: str


class LazyGroup(click.Group):
    """A click group over a table of sections; each section maps names to commands."""

    def __init__(self, *args: Any, sections: Mapping[str, Mapping[str, Lazy]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.sections = sections
        self.table = {name: lazy for part in sections.values() for name, lazy in part.items()}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[BEGAN] = time.monotonic()
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BadVariable as error:  # of the default of an option
            raise click.ClickException(str(error)) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module, _, function = self.table[cmd_name].target.partition(":")
        command: click.Command = getattr(imported(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.table and not args[0].startswith("-"):
            ctx.fail(_unknown(args[0], self.table))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin with `incomplete`, from the table alone, or options."""
        return [
            CompletionItem(name, help=lazy.help)
            for name, lazy in self.table.items()
            if name.startswith(incomplete)
        ] + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.table))
        for title, commands in self.sections.items():
            with formatter.section(title):
                rows = [(name.ljust(width), lazy.help) for name, lazy in commands.items()]
                formatter.write_dl(rows)


def imported(module: str) -> Any:
    """The module. If a package is missing, the command ends and says how to install it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "mergehub":
            raise
        if missing == "merge_worker":
            what = "the merge engine: run `pip install mergehub-worker`."
        else:
            what = f"the package {missing}: run `pip install 'mergehub[hub]'`."
        raise click.ClickException(f"This command needs {what}") from error


def _unknown(name: str, known: Mapping[str, Lazy]) -> str:
    from mergehub.client.near import near

    return f"There is no command {name}. {near(name, known) or 'See mergehub --help.'}"
