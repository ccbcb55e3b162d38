"""`lineage flag`, `unflag`, `rename`, `withdraw` and `restore`: put right what the graph says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.client import api, etag

CONTAMINATED = "contaminated"
Edge = Mapping[str, Any]


def _reason(what: str) -> Callable[[Any], Any]:
    return click.option("--reason", required=True, help=f"Why {what}; everyone can read it.")


EVIDENCE = click.option("--evidence", help="Where it can be read up: an address, for example.")
EDGE = click.option("--edge", type=int, help="The edge's id, if there are several.")


@click.command()
@click.argument("model")
@_reason("one should not build on the model")
@EVIDENCE
@as_json
@click.pass_context
def flag(ctx: click.Context, model: str, reason: str, evidence: str | None, raw: bool) -> None:
    """Warn of a contaminated model.

    All that came from it inherits the warning. It needs a token with the scope lineage:moderate.
    """
    body: Any = {"kind": CONTAMINATED, "reason": reason, "evidence": evidence}
    with hub(ctx) as client:
        known = client.model(model)
        made = client.send(api.flag_model(known["id"], body))
    _say(raw, made, f"{known['name']} is flagged as {CONTAMINATED}.")


@click.command()
@click.argument("model")
@as_json
@click.pass_context
def unflag(ctx: click.Context, model: str, raw: bool) -> None:
    """Take the warning of a model back."""
    with hub(ctx) as client:
        known = client.send(api.get_model(client.model(model)["id"]))
        flags = [each["id"] for each in known["flags"] if each["cleared_at"] is None]
        if not flags:
            raise click.ClickException(
                f"{known['name']} has no flag. `mergehub lineage show {known['name']}` lists those "
                "that it inherits, with the model to unflag."
            )
        for each in flags:
            client.send(api.clear_flag(known["id"], each))
    _say(raw, {"model": known["name"], "cleared": flags}, f"{known['name']} has no flag now.")


@click.command()
@click.argument("model")
@click.argument("name")
@as_json
@click.pass_context
def rename(ctx: click.Context, model: str, name: str, raw: bool) -> None:
    """Give a model another name.

    Its former names still find it. It needs a token with the scope lineage:write.
    """
    with hub(ctx) as client:
        known = client.send(api.get_model(client.model(model)["id"]))
        call = api.update_model(known["id"], {"name": name}, if_match=etag(known))
        changed = client.send(call)
    _say(raw, changed, f"{known['name']} is {changed['name']} now.")


@click.command()
@click.argument("model")
@click.argument("parent")
@_reason("the model did not come from this parent")
@EVIDENCE
@EDGE
@as_json
@click.pass_context
def withdraw(
    ctx: click.Context, model: str, parent: str, reason: str, evidence: str | None,
    edge: int | None, raw: bool,
) -> None:  # fmt: skip
    """Take an edge that is not true out.

    It is in no answer then, and sources that say it again do not bring it back. What was refused
    because it would have closed a cycle with the edge is learned. It needs a token with the scope
    lineage:moderate.
    """
    body: Any = {"reason": reason, "evidence": evidence}
    with hub(ctx) as client:
        child = client.send(api.get_model(client.model(model)["id"]))
        above = client.model(parent)
        walk = client.send(api.list_ancestors(child["id"], max_depth=1, limit=2000))
        edges = [each for each in walk["edges"] if _joins(each, child, above)]
        names = (child["name"], above["name"])
        again = "already withdrawn" if _withdrawn(child, above) else "not there"
        none = f"The edge from {names[0]} to {names[1]} is {again}."
        chosen = _chosen(edges, edge, names, "id", none)
        made = client.send(api.withdraw_edge(child["id"], chosen, body))
    learned = [f"{each['child_name']} from {each['parent_name']}" for each in made["learned"]]
    more = f" The graph has learned: {'; '.join(learned)}." if learned else ""
    _say(raw, made, f"{names[0]} did not come from {names[1]}: edge {chosen} is withdrawn.{more}")


def _withdrawn(child: Any, parent: Mapping[str, Any]) -> list[Any]:
    """The edges to a parent that were withdrawn."""
    told = child["withdrawn_parents"]
    return [each for each in told if str(each["parent"]) == str(parent["id"])]


def _joins(edge: Edge, child: Mapping[str, Any], parent: Mapping[str, Any]) -> bool:
    return (str(edge["child"]), str(edge["parent"])) == (str(child["id"]), str(parent["id"]))


@click.command()
@click.argument("model")
@click.argument("parent")
@EDGE
@as_json
@click.pass_context
def restore(ctx: click.Context, model: str, parent: str, edge: int | None, raw: bool) -> None:
    """Put a withdrawn edge back."""
    with hub(ctx) as client:
        child = client.send(api.get_model(client.model(model)["id"]))
        above = client.model(parent)
        edges = _withdrawn(child, above)
        names = (child["name"], above["name"])
        none = f"No edge from {names[0]} to {names[1]} is withdrawn."
        chosen = _chosen(edges, edge, names, "edge", none)
        client.send(api.restore_edge(child["id"], chosen))
    done = {"edge": chosen, "restored": True}
    _say(raw, done, f"{names[0]} came from {names[1]} again: edge {chosen} is restored.")


def _chosen(
    edges: Sequence[Edge], wanted: int | None, names: tuple[str, str], key: str, none: str
) -> int:
    """The id of the only edge, or of the one that is wanted."""
    ids = {int(each[key]): each for each in edges}
    if wanted is not None and wanted not in ids:
        listed = ", ".join(map(str, ids)) or "none"
        raise click.ClickException(f"{' and '.join(names)}: no edge {wanted}; there are: {listed}.")
    if not ids:
        raise click.ClickException(none)
    if len(ids) > 1 and wanted is None:
        lines = (
            f"\n  --edge {id}: {each['relation']}, {each['role']}, by {each['source']}"
            for id, each in ids.items()
        )
        raise click.ClickException(f"There are several edges; choose one:{''.join(lines)}")
    return next(iter(ids)) if wanted is None else wanted


def _say(raw: bool, answer: Any, sentence: str) -> None:
    if raw:
        show_json(answer)
    else:
        click.echo(sentence)
