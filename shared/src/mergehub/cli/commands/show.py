"""`show`: one recipe or run in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import click

from mergehub.cli.commands.published.options import same_as
from mergehub.cli.commands.runs import how_far, outcome, waits_for
from mergehub.cli.connection import hub
from mergehub.cli.finding import is_short, recipe_version, run_id, too_short
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.output import details, drawn, paged, time_of
from mergehub.client import HubClient, HubError, api
from mergehub.contracts.kinds.push import PushSpec
from mergehub.contracts.kinds.verify import VerifySpec
from mergehub.contracts.runs import Run
from mergehub.variables import BadVariable
from mergehub.whereabouts import default_folder

REPRODUCTIONS = 5
"""How many of the newest reproductions a recipe is shown with."""

MODELS = "artifacts/runs"
"""In the data folder of `mergehub up`: a folder for the model of each run."""


@click.command()
@click.argument("what", metavar="RECIPE_OR_RUN")
@as_json
@click.pass_context
def show(ctx: click.Context, what: str, raw: bool) -> None:
    """Show one recipe or run in full.

    Name a recipe as in soup, soup@2 or lab/soup, and a run by its id or at least the first six
    characters.
    """
    with hub(ctx) as client:
        if is_short(what) and not _is_recipe(client, what):
            run = client.run(run_id(client, what))
            if raw:
                show_json(run.model_dump(mode="json"))
            else:
                _show_run(run, waits_for(client, run))
            return
        recipe, version = _published(client, what)
        source = client.send(api.get_recipe_source(recipe["id"], version["number"]))
        twins = client.twins(recipe["id"], version["number"])
        listed = api.list_recipe_reproductions(recipe["id"], limit=REPRODUCTIONS)
        again = client.send(listed)["items"]
    if raw:
        beside = {"twins": twins, "newest_reproductions": again}
        show_json({**recipe, "version": version, "source": source, **beside})
    else:
        _show_recipe(recipe, version, source, twins, again)


def _published(client: HubClient, what: str) -> tuple[dict[str, Any], Mapping[str, Any]]:
    try:
        return recipe_version(client, what)
    except HubError as error:
        if hint := too_short(what):
            raise click.ClickException(f"{error.detail}{hint}") from error
        raise


def _is_recipe(client: HubClient, name: str) -> bool:
    """Whether a name that may begin a run's id is also a recipe's name."""
    try:
        return bool(client.send(api.list_recipes(name=[name]))["items"])
    except HubError as error:
        if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:  # it cannot be a recipe's name
            return False
        raise


def _show_recipe(
    recipe: Mapping[str, Any],
    version: Mapping[str, Any],
    source: str,
    twins: Sequence[Mapping[str, Any]],
    again: Sequence[Mapping[str, Any]],
) -> None:
    origin = recipe["forked_from"]
    rows = {
        "recipe": f"{recipe['owner']}/{recipe['name']}@{version['number']}",
        "title": recipe["title"],
        "visibility": recipe["visibility"],
        "archived": time_of(recipe["archived_at"]),
        "published": time_of(version["created_at"]),
        "digest": version["digest"],
        "forked from": same_as([origin]) if origin else "",
        "forks": str(recipe["forks"] or ""),
        "same as": same_as(twins) if twins else "",
        "licence": recipe["licence"] or "",
        "tags": " ".join(recipe["tags"]),
        "domains": " ".join(recipe["domains"]),
        "description": recipe["description"],
        "reproduced": _reproduced(recipe["reproductions"], again),
    }
    paged(f"{drawn(details(rows))}\n\n{source.rstrip()}")


def _reproduced(accounts: int, newest: Sequence[Mapping[str, Any]]) -> str:
    """By how many other accounts, and the newest verifications, in lines."""
    if not newest:
        return ""
    by = {0: "by no other account", 1: "by 1 other account"}
    said = by.get(accounts, f"by {accounts} other accounts")
    return "\n".join([said, *map(_reproduction, newest)])


def _reproduction(each: Mapping[str, Any]) -> str:
    """Who merged which model again, when, and what was not the same."""
    said = "same" if each["same"] else f"{each['differing']} of {each['tensors']} tensors differ"
    if others := each.get("differing_files"):
        said += f", other {', '.join(other['name'] for other in others)}"
    unlike = ", ".join(f"{o['what']} {o['made']} → {o['again']}" for o in each["unlike"])
    line = f"{time_of(each['finished_at'])}  {each['owner']}  {each['model_name']}  {said}"
    return f"{line}  ({unlike})" if unlike else line


def _show_run(run: Run, waits: Sequence[str]) -> None:
    error = [run.error.message, *run.error.last_lines] if run.error else []
    rows = {
        "run": str(run.id),
        "kind": run.kind,
        "model": run.spec.model_name,
        "verifies": str(run.spec.run) if isinstance(run.spec, VerifySpec) else "",
        "pushes": f"the model of run {run.spec.run}" if isinstance(run.spec, PushSpec) else "",
        "pushed to": _destination(run),
        "state": f"{run.state} {how_far(run)}".rstrip() if not error else run.state,
        "waits for": "\n".join(waits),
        "error": "\n".join(error),
        "result": outcome(run) if run.result else "",
        "owner": run.owner,
        "hardware": run.hardware,
        "attempt": str(run.attempt) if run.attempt else "",
        "worker": run.worker or "",
        "device": (run.result or {}).get("device") or "",
        "folder": _folder(run),
        "submitted": time_of(run.created_at),
        "started": time_of(run.started_at),
        "finished": time_of(run.finished_at),
    }
    recipe = getattr(run.spec, "recipe", None)
    paged(drawn(details(rows)) + (f"\n\n{recipe.rstrip()}" if recipe else ""))


def _destination(run: Run) -> str:
    """Where the run pushes its model, or has it pushed; empty if nowhere."""
    if isinstance(run.spec, PushSpec):
        return run.spec.destination
    if run.push is None:
        return ""
    by = f"by run {run.push.run}" if run.push.run else "once it is made"
    return f"{run.push.destination} {by}"


def _folder(run: Run) -> str:
    """Where the hub of this machine keeps the model of a run; empty if it does not."""
    try:
        folder = default_folder() / MODELS / str(run.id)
    except BadVariable:
        return ""
    return str(folder) if folder.is_dir() else ""
