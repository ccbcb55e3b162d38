"""`lineage`: where models came from. The commands of the group; it imports nothing slow."""

from __future__ import annotations

from typing import Any

import click

from mergehub.cli.lazy import Lazy, LazyGroup

MEANT = "mergehub.lineage.meant"
"""The key in the context's `meta` of the question whether a command was meant."""
HERE = "mergehub.cli.commands.lineage"
SECTIONS = {
    "One model": {
        "show": Lazy(
            f"{HERE}.showing:show_model",
            "Show one model: facts, parents, use, licences and flags.",
        ),
        "ancestors": Lazy(f"{HERE}.ancestors:ancestors", "Show a model's ancestors as a tree."),
        "descendants": Lazy(
            f"{HERE}.ancestors:descendants", "Show what was made from a model as a tree."
        ),
    },
    "Several models": {
        "path": Lazy(f"{HERE}.paths:path", "Show the shortest paths between two models."),
        "common": Lazy(f"{HERE}.paths:common", "Show what several models have in common."),
    },
    "All models": {
        "stats": Lazy(
            f"{HERE}.statistics:stats", "Show what is used most, and what is on the rise."
        ),
        "export": Lazy(f"{HERE}.exporting:export", "Export the graph, or what is around a model."),
    },
    "What moderators put right": {
        "flag": Lazy(f"{HERE}.moderating:flag", "Warn of a contaminated model."),
        "unflag": Lazy(f"{HERE}.moderating:unflag", "Take the warning of a model back."),
        "rename": Lazy(f"{HERE}.moderating:rename", "Give a model another name."),
        "withdraw": Lazy(f"{HERE}.moderating:withdraw", "Take an edge that is not true out."),
        "restore": Lazy(f"{HERE}.moderating:restore", "Put a withdrawn edge back."),
    },
    "Lineage from elsewhere": {
        "import": Lazy(
            f"{HERE}.importing:import_",
            "Import edge lists, graphs, model cards and recipes into a hub.",
        ),
        "import-huggingface": Lazy(
            f"{HERE}.huggingface:import_huggingface",
            "Import what the Hugging Face Hub says about models.",
        ),
    },
}


class LineageGroup(LazyGroup):
    """`mergehub lineage NAME` shows the ancestors of a model, as `lineage ancestors NAME` does.

    A word that is nearly a command may be a mistyped one: then a refusal asks.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            meant = ctx.meta.get(MEANT)
            if meant is None or isinstance(error, click.UsageError):
                raise
            raise click.ClickException(f"{error.message} {meant}") from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.table and not args[0].startswith("-"):
            if "/" not in args[0] and (meant := self._meant(args[0])):
                if any(not each.startswith("-") for each in args[1:]):
                    ctx.fail(f"There is no command {args[0]}. {meant}")
                ctx.meta[MEANT] = f"Or the command? {meant}"
            args = ["ancestors", *args]
        return super().resolve_command(ctx, args)

    def _meant(self, word: str) -> str:
        """A question with the commands that a word may mean, or an empty text."""
        from mergehub.client.near import near

        return near(word, self.table)


@click.command("lineage", cls=LineageGroup, sections=SECTIONS)
def lineage() -> None:
    """Show where a model came from, or import lineage.

    `mergehub lineage NAME` shows the ancestors of a model.
    """
