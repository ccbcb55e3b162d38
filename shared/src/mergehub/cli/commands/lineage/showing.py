"""`lineage show`: one model with its parents, its use, its licences and its flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from rich.table import Table

from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.output import details, show, table
from mergehub.client import HubClient

MOST_PARENTS = 200
MOST_ORIGINS = 10
Answer = Mapping[str, Any]
SIZES = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))


@click.command("show")
@click.argument("model")
@as_json
@click.pass_context
def show_model(ctx: click.Context, model: str, raw: bool) -> None:
    """Show one model: facts, parents, use, licences and flags."""
    with hub(ctx) as client:
        found = _asked(client, client.model(model)["id"])
    if raw:
        show_json(found)
        return
    show(details(_facts(found)))
    if found["parents"]["items"]:
        click.echo("\nMade from")
        show(_parents(found["parents"]))
    if found["model"]["claims"]:
        click.echo("\nOther sources say")
        show(_claims(found["model"]["claims"]))
    if found["model"]["withdrawn_parents"]:
        click.echo("\nWithdrawn by a moderator")
        show(_withdrawn(found["model"]["withdrawn_parents"]))
    for line in [*_conflicts(found["licences"]), *_flags(found["contamination"])]:
        click.echo(f"\n{line}")


def _asked(client: HubClient, model: str) -> dict[str, Any]:
    at = f"/v1/models/{model}"
    return {
        "model": client.get(at),
        "parents": client.get(f"{at}/parents", limit=MOST_PARENTS),
        "children": client.get(f"{at}/children", limit=1),
        "shares": client.get(f"{at}/shares", limit=MOST_ORIGINS),
        "licences": client.get(f"{at}/licences"),
        "contamination": client.get(f"{at}/contamination"),
    }


def _facts(found: Answer) -> dict[str, str]:
    model, licences = found["model"], found["licences"]
    former = [each["name"] for each in model["names"] if each["name"] != model["name"]]
    inherited = [each["licence"] for each in licences["inherited"] if len(each["path"]) > 1]
    return {
        "model": model["name"],
        "kind": model["kind"],
        "former names": ", ".join(former),
        "id": str(model["id"]),
        "architecture": model["architecture"] or "",
        "parameters": size(model["parameters"]),
        "tokenizer": model["tokenizer"] or "",
        "domains": ", ".join(model["domains"]),
        "made on": model["made_on"] or "",
        "licence": licences["licence"] or "not known",
        "inherits": ", ".join(inherited),
        "goes back to": _origins(found["shares"]) if found["parents"]["items"] else "",
        "children": _counted(found["children"]),
    }


def _origins(shares: Answer) -> str:
    """The origins with their shares, the largest first."""
    listed = [f"{each['name']} ({each['share']:.0%})" for each in shares["origins"]]
    return ", ".join([*listed, *(["…"] if shares["truncated"] else [])])


def _counted(children: Answer) -> str:
    counts = sorted(children["counts"].items(), key=lambda each: -each[1])
    by_relation = ", ".join(f"{count} {relation}" for relation, count in counts)
    return f"{children['total']} ({by_relation})" if children["total"] else "none"


def _parents(parents: Answer) -> Table:
    listed = table("parent", "role", "relation", "method", "weight", "licence", "confidence")
    for each in parents["items"]:
        weight = "" if each["weight"] is None else f"{each['weight']:g}"
        flag = " (flagged)" if each["flagged"] else ""
        listed.add_row(
            f"{each['name']}{flag}", each["role"], each["relation"], each["method"] or "", weight,
            each["licence"] or "", f"{each['confidence']} %",
        )  # fmt: skip
    return listed


def _claims(claims: list[Answer]) -> Table:
    listed = table("parent", "role", "relation", "method", "weight", "source", "confidence")
    for each in claims:
        weight = "" if each["weight"] is None else f"{each['weight']:g}"
        listed.add_row(
            each["name"], each["role"], each["relation"], each["method"] or "", weight,
            each["source"], f"{each['confidence']} %",
        )  # fmt: skip
    return listed


def _withdrawn(edges: list[Answer]) -> Table:
    listed = table("parent", "role", "relation", "source", "by", "reason")
    for each in edges:
        listed.add_row(
            each["name"], each["role"], each["relation"], each["source"], each["withdrawn_by"],
            each["reason"],
        )  # fmt: skip
    return listed


def _conflicts(licences: Answer) -> list[str]:
    """A sentence for each licence that is broken or forbids, and the path to its source."""
    broken = [
        f"Licence conflict in {each['by']['name']}: {each['reason']}\n  {_path_of(each)}"
        for each in licences["conflicts"]
    ]
    forbidding = [
        f"Licence {each['licence']} does not allow derived models to be passed on.\n"
        f"  {_path(each['path'])}"
        for each in licences["forbidding"]
    ]
    return (
        forbidding
        + broken
        + [
            f"Licences that exclude each other: {pair['one']['licence']} and "
            f"{pair['other']['licence']}\n  {_path(pair['one']['path'])}\n  "
            f"{_path(pair['other']['path'])}"
            for pair in licences["exclusions"]
        ]
    )


def _path_of(conflict: Answer) -> str:
    """The path of a conflict, with the licences that are one."""
    *before, holder = conflict["path"]
    by = conflict["by"]["id"]
    said = [f"{each['name']} ({conflict['licence']})" if each["id"] == by else each["name"]
            for each in before]  # fmt: skip
    return " ← ".join([*said, f"{holder['name']} ({conflict['broken']})"])


def _flags(contamination: Answer) -> list[str]:
    return [
        f"Flag: {each['kind']}: {each['reason']}{_evidence(each)}\n  {_path(each['path'])}"
        for each in contamination["flags"]
    ]


def _evidence(flag: Answer) -> str:
    return f" ({flag['evidence']})" if flag.get("evidence") else ""


def _path(models: list[Answer]) -> str:
    return " ← ".join(each["name"] for each in models)


def size(count: int | None) -> str:
    """A count of parameters with its unit: 7.24 B."""
    if count is None:
        return ""
    for unit, name in SIZES:
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return str(count)
