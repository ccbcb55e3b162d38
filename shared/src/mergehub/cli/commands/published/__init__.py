"""`recipes`: the recipes of a hub. The commands of the group; it imports nothing slow."""

from __future__ import annotations

import click

from mergehub.cli.lazy import Lazy, LazyGroup

HERE = "mergehub.cli.commands.published"
SECTIONS = {
    "Recipes of a hub": {
        "list": Lazy(f"{HERE}.listing:list_", "List the newest recipes."),
    },
    "Your own recipes": {
        "change": Lazy(f"{HERE}.changing:change", "Change what is said of a recipe."),
        "rename": Lazy(f"{HERE}.changing:rename", "Give a recipe another name."),
        "archive": Lazy(f"{HERE}.changing:archive", "Take a recipe out of all lists."),
        "unarchive": Lazy(f"{HERE}.changing:unarchive", "Put a recipe back into the lists."),
        "delete": Lazy(f"{HERE}.changing:delete", "Delete a recipe from which nothing came."),
    },
}


class _Recipes(LazyGroup):
    """A group that lists the recipes if no command is given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.command("recipes", cls=_Recipes, sections=SECTIONS)
def recipes() -> None:
    """List the newest recipes, or change your own.

    Without a command, it lists them, as `mergehub recipes list` does.
    """
