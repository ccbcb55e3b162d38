"""The entry point of `mergehub` and the table of its commands. It imports nothing slow."""

from __future__ import annotations

import atexit
import gc
import io
import sys

import click

from mergehub import __version__
from mergehub.cli.kinds import commands
from mergehub.cli.lazy import Lazy, LazyGroup

# A command runs briefly: the garbage collector would take a fifth of its time for the imports.
gc.set_threshold(100_000)
atexit.register(gc.freeze)

SECTIONS = {
    "Recipes and models, without a hub": {
        "check": Lazy(
            "mergehub.cli.commands.recipes:check", "Report everything that is wrong with a recipe."
        ),
        "diff": Lazy(
            "mergehub.cli.commands.published.diff:diff",
            "Show how two recipes differ, by what they merge and how.",
        ),
        "methods": Lazy(
            "mergehub.cli.commands.recipes:methods", "List the merge methods, or explain one."
        ),
        "plan": Lazy("merge_worker.cli:plan", "Show what a merge would read, write and need."),
        "merge": Lazy("merge_worker.cli:merge", "Merge models into a folder."),
        "keys": Lazy(
            "mergehub.cli.commands.keys:keys",
            "Show the public key that checks what this machine signs.",
        ),
    },
    "A hub on this machine": {
        "up": Lazy(
            "mergehub.cli.commands.up:up", "Run a whole hub: stores, services and a worker."
        ),
        "backup": Lazy("mergehub.cli.commands.backup:backup", "Back up a hub, running or stopped."),
        "restore": Lazy(
            "mergehub.cli.commands.backup:restore", "Restore a hub's data folder from a backup."
        ),
        "doctor": Lazy(
            "mergehub.cli.commands.doctor:doctor",
            "Check settings, stores, hub, clock, disk and GPU.",
        ),
    },
    "Work on a hub": {
        "publish": Lazy(
            "mergehub.cli.commands.publish:publish", "Publish a recipe, or a new version of one."
        ),
        "fork": Lazy(
            "mergehub.cli.commands.published.forking:fork",
            "Make a recipe of your own from a published one.",
        ),
        "recipes": Lazy(
            "mergehub.cli.commands.published:recipes",
            "List the newest recipes, or change your own.",
        ),
        "import": Lazy(
            "mergehub.cli.commands.exchange.importing:import_",
            "Import recipes from files, or from the Hugging Face Hub, into a hub.",
        ),
        "export": Lazy(
            "mergehub.cli.commands.exchange.exporting:export",
            "Export a recipe for another program, or all public recipes.",
        ),
        "search": Lazy(
            "mergehub.cli.commands.search.command:search",
            "Find recipes by words and conditions.",
        ),
        "show": Lazy("mergehub.cli.commands.show:show", "Show one recipe or run in full."),
        "star": Lazy(
            "mergehub.cli.commands.published.stars:star",
            "Star a recipe, or list the recipes that you starred.",
        ),
        "unstar": Lazy(
            "mergehub.cli.commands.published.stars:unstar", "Take back your star from a recipe."
        ),
        "comments": Lazy(
            "mergehub.cli.commands.published.comments:comments", "Show the comments on a recipe."
        ),
        "comment": Lazy(
            "mergehub.cli.commands.published.comments:comment",
            "Comment on a recipe, or change or remove a comment.",
        ),
        **commands(),
        "follow": Lazy("mergehub.cli.commands.runs:follow", "Watch a run until it ends."),
        "cancel": Lazy("mergehub.cli.commands.runs:cancel", "Cancel a run."),
        "retry": Lazy("mergehub.cli.commands.runs:retry", "Try a failed or cancelled run again."),
        "runs": Lazy("mergehub.cli.commands.runs:runs", "List the newest runs."),
        "artifacts": Lazy(
            "mergehub.cli.commands.artifacts:artifacts",
            "List the models of runs, and pin, delete or collect them.",
        ),
        "download": Lazy(
            "mergehub.cli.commands.artifacts.download:download",
            "Download the model of a run into a folder.",
        ),
        "workers": Lazy(
            "mergehub.cli.commands.workers:workers",
            "List the hub's workers and the length of its queues.",
        ),
    },
    "Access to a hub": {
        "login": Lazy("mergehub.cli.commands.login:login", "Sign in to a hub with a browser."),
        "logout": Lazy(
            "mergehub.cli.commands.login:logout", "Sign out, and revoke this shell's token."
        ),
        "tokens": Lazy("mergehub.cli.commands.tokens:tokens", "Make, list and revoke tokens."),
        "webhooks": Lazy(
            "mergehub.cli.commands.webhooks:webhooks",
            "Have events sent to a server, or to a lineage tool.",
        ),
    },
    "Models and results of a hub": {
        "lineage": Lazy(
            "mergehub.cli.commands.lineage:lineage",
            "Show where a model came from, or import lineage.",
        ),
        "results": Lazy(
            "mergehub.cli.commands.results:results",
            "List, import and export results, or check items for overlap with a text.",
        ),
        "board": Lazy(
            "mergehub.cli.commands.board:board",
            "Show a leaderboard, cite a release of it, or make your own.",
        ),
        "uplift": Lazy(
            "mergehub.cli.commands.uplift.command:uplift",
            "Show what merges gained over their parents.",
        ),
        "recommend": Lazy(
            "mergehub.cli.commands.recommend:recommend", "Recommend what to merge on a base."
        ),
    },
}

HELP = """Merge models, and keep the recipes, lineage and scores of your merges.

`mergehub up` starts a hub on this machine, and the other commands find it. To use another hub, set
MERGEHUB_URL to its address, and sign in with `mergehub login` or set MERGEHUB_TOKEN.
"""


@click.command(
    "mergehub",
    cls=LazyGroup,
    sections=SECTIONS,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="mergehub")
@click.option("--url", help="The hub's address (else MERGEHUB_URL).")
@click.option("--token", help="Your token (else MERGEHUB_TOKEN).")
@click.pass_context
def main(ctx: click.Context, url: str | None, token: str | None) -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack the letters of formulas
    ctx.obj = {"url": url, "token": token}
