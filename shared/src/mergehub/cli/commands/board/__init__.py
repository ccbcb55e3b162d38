"""`board`: rankings of models. The commands of the group; no slow imports."""

from __future__ import annotations

import click

from mergehub.cli.lazy import Lazy, LazyGroup

HERE = "mergehub.cli.commands.board"
SECTIONS = {
    "Rankings": {
        "show": Lazy(f"{HERE}.showing:show_board", "Show a board, or list all of them."),
        "history": Lazy(f"{HERE}.history:history", "Show the places that a model had."),
    },
    "Releases": {
        "releases": Lazy(f"{HERE}.releases:releases", "List a board's releases, or cite one."),
        "release": Lazy(f"{HERE}.releases:release", "Keep a board as it is, for citing."),
    },
    "Your own boards": {
        "create": Lazy(f"{HERE}.making:create", "Make a board of benchmarks that you choose."),
        "delete": Lazy(f"{HERE}.making:delete", "Delete a board."),
    },
}


class _Boards(LazyGroup):
    """A group that takes a board's name for the command `show`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] != ["--help"] and (not args or args[0] not in self.table):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.command("board", cls=_Boards, sections=SECTIONS)
def board() -> None:
    """Show a leaderboard, cite a release of it, or make your own.

    `mergehub board` lists all boards, `mergehub board NAME` shows one: see `mergehub board show
    --help` for its filters.
    """
