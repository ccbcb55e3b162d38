"""`mergehub lineage`: what it asks a hub, and what it shows of the answers."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from scripted import Reply, body, scripted

from mergehub.cli.commands.lineage import SECTIONS
from mergehub.cli.commands.lineage.trees import Direction, draw
from mergehub.cli.main import main


def _edge(child: str, parent: str, role: str = "ingredient", weight: float | None = None) -> Any:
    return {
        "child": child, "parent": parent, "role": role, "relation": "merge", "method": "ties",
        "weight": weight,
    }  # fmt: skip


def _drawn(*edges: dict[str, Any], direction: Direction = "ancestors") -> list[str]:
    names = {"s": "soup", "a": "left [x]", "b": "right", "r": "root"}
    walk = {
        "start": "s",
        "nodes": [{"id": identity, "name": name} for identity, name in names.items()],
        "edges": list(edges),
        "truncated": False,
    }
    console = Console(width=80, markup=False, color_system=None)
    with console.capture() as capture:
        console.print(draw(walk, direction))
    return capture.get().splitlines()


def test_a_model_is_drawn_above_what_it_was_made_of() -> None:
    drawn = _drawn(_edge("s", "a", weight=0.5), _edge("s", "r", role="base"))
    assert drawn == ["soup", "├── left [x] (merge by ties, weight 0.5)", "└── root (base)"]


def test_what_was_made_on_a_base_is_not_called_a_base() -> None:
    drawn = _drawn(_edge("a", "s", role="base"), _edge("b", "s"), direction="descendants")
    assert drawn == [
        "soup",
        "├── left [x] (merge by ties, on this base)",
        "└── right (merge by ties)",
    ]


def test_a_shared_ancestor_is_unfolded_once() -> None:
    drawn = _drawn(_edge("s", "a"), _edge("s", "b"), _edge("a", "b"), _edge("b", "r"))
    assert sum("root" in line for line in drawn) == 1
    assert sum("see above" in line for line in drawn) == 1


def test_two_statements_about_the_same_models_are_one_branch() -> None:
    sure = _edge("s", "a", role="base") | {"confidence": 80}
    unsure = _edge("s", "a") | {"confidence": 40, "method": None}
    assert _drawn(sure, unsure) == _drawn(unsure, sure) == ["soup", "└── left [x] (base)"]


def _walk(*edges: dict[str, Any], truncated: bool = False) -> dict[str, Any]:
    names = {"s": "me/soup", "a": "org/left", "b": "org/right"}
    nodes = [{"id": identity, "name": name} for identity, name in names.items()]
    return {"start": "s", "nodes": nodes, "edges": list(edges), "truncated": truncated}


def _said(*words: str, answers: list[Reply]) -> tuple[Result, list[str]]:
    """What a command prints for a hub that gives these answers, and the paths it asked for."""
    with scripted(body({"items": [{"id": "s", "name": "me/soup"}]}), *answers) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "lineage", *words])
        return done, [asked.path for asked in hub.asked]


@pytest.mark.parametrize("words", [["me/soup"], ["ancestors", "me/soup"]])
def test_a_name_alone_shows_ancestors(words: list[str]) -> None:
    done, asked = _said(*words, answers=[body(_walk(_edge("s", "a")))])
    assert done.stdout.splitlines() == ["me/soup", "└── org/left (merge by ties)"]
    assert asked == ["/v1/models?name=me%2Fsoup", "/v1/models/s/ancestors?limit=500"]


def test_descendants_are_drawn_below_the_model() -> None:
    walk = _walk(_edge("a", "s"), _edge("b", "a"), truncated=True)
    done, asked = _said("descendants", "me/soup", "--depth", "2", answers=[body(walk)])
    assert done.stdout.splitlines() == [
        "me/soup", "└── org/left (merge by ties)", "    └── org/right (merge by ties)",
    ]  # fmt: skip
    assert asked[-1] == "/v1/models/s/descendants?max_depth=2&limit=100"
    assert "there are more" in done.stderr


LAZY = [(name, lazy) for commands in SECTIONS.values() for name, lazy in commands.items()]


@pytest.mark.parametrize(("name", "lazy"), LAZY, ids=[name for name, _ in LAZY])
def test_each_command_says_of_itself_what_the_list_says(name: str, lazy: Any) -> None:
    group = main.get_command(click.Context(main), "lineage")
    assert isinstance(group, click.Group)
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.name == name
    assert command.help is not None
    assert command.help.splitlines()[0] == lazy.help


def _lineage(server_url: str, *words: str) -> Result:
    return CliRunner().invoke(main, ["--url", server_url, "--token", "t", "lineage", *words])


def test_a_mistyped_command_is_asked_about_and_may_still_be_a_model() -> None:
    done = _lineage("http://127.0.0.1:9", "sow", "me/soup")
    assert done.exit_code == 2
    assert "There is no command sow. Did you mean show?" in done.stderr
    empty = body({"items": [], "next_cursor": None})
    with scripted(empty, empty) as server:
        done = _lineage(server.url, "sow")
    assert done.exit_code == 1
    assert "There is no model called 'sow'. Or the command? Did you mean show?" in done.stderr


def test_a_part_of_a_name_is_answered_with_the_models_that_have_it() -> None:
    near = body({"items": [{"name": "me/soup-7b"}, {"name": "me/soup-13b"}], "next_cursor": None})
    empty = body({"items": [], "next_cursor": None})
    with scripted(empty, near) as server:
        done = _lineage(server.url, "show", "soup")
        asked = [each.path for each in server.asked]
    assert done.exit_code == 1
    assert "no model called 'soup'. Did you mean me/soup-7b or me/soup-13b?" in done.stderr
    assert asked[1] == "/v1/models?q=soup&limit=3"


def test_a_wrong_owner_does_not_hide_what_was_meant() -> None:
    near = body({"items": [{"name": "me/soup"}], "next_cursor": None})
    empty = body({"items": [], "next_cursor": None})
    with scripted(empty, empty, near) as server:
        done = _lineage(server.url, "show", "you/soup")
    assert "Did you mean me/soup?" in done.stderr


def test_a_name_that_is_empty_is_refused_in_words() -> None:
    done = _lineage("http://127.0.0.1:9", "show", " ")
    assert done.exit_code == 1
    assert "Give a model's name, such as org/model-7b." in done.stderr
