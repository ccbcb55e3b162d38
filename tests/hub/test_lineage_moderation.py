"""`mergehub lineage flag`, `rename`, `withdraw` and their undoing, against a real hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from running import RunningHub, eventually

from mergehub.cli.main import main

EDGES = """\
parent,child,relation,role
moderated/base,moderated/old,finetune,
moderated/old,moderated/middle,merge,base
moderated/old,moderated/middle,merge,ingredient
moderated/base,moderated/soup,merge,base
"""
LATER = "parent,child,relation\nmoderated/middle,moderated/base,finetune\n"


@pytest.fixture
def mergehub(hub: RunningHub) -> Any:
    def mergehub(*arguments: str) -> Result:
        words = ["--url", hub.url, "--token", hub.token, "lineage", *arguments]
        return CliRunner().invoke(main, words, catch_exceptions=False)

    return mergehub


@pytest.fixture(autouse=True)
def imported(mergehub: Any, tmp_path: Path) -> None:
    edges = tmp_path / "edges.csv"
    edges.write_text(EDGES)
    assert mergehub("import", str(edges)).exit_code == 0


def _shown(mergehub: Any, model: str, holds: Any = lambda shown: True) -> dict[str, Any]:
    """What `show` shows, as soon as it `holds`: the graph in memory follows within a moment."""

    def look() -> dict[str, Any] | None:
        done = mergehub("show", f"moderated/{model}", "--json")
        assert done.exit_code == 0, done.output
        shown: dict[str, Any] = json.loads(done.stdout)
        return shown if holds(shown) else None

    return eventually(look)


def _flags(shown: dict[str, Any]) -> Any:
    return shown["contamination"]["flags"]


def _parents(shown: dict[str, Any]) -> list[str]:
    return [each["name"] for each in shown["parents"]["items"]]


def test_a_flag_is_set_inherited_and_taken_back(mergehub: Any) -> None:
    why = ("--reason", "It knows gsm8k.", "--evidence", "https://example.org/report")
    done = mergehub("flag", "moderated/base", *why)
    assert (done.exit_code, done.stdout) == (
        0, "moderated/base is flagged as contaminated.\n",
    )  # fmt: skip
    (flag,) = _flags(_shown(mergehub, "soup", _flags))
    assert flag["reason"] == "It knows gsm8k."
    twice = mergehub("flag", "moderated/base", *why)
    assert twice.exit_code == 1
    assert "already" in twice.stderr

    assert mergehub("unflag", "moderated/base").stdout == "moderated/base has no flag now.\n"
    _shown(mergehub, "soup", lambda shown: not _flags(shown))
    again = mergehub("unflag", "moderated/base")
    assert again.exit_code == 1
    assert "moderated/base has no flag." in again.stderr


def test_a_renamed_model_is_found_by_both_names(mergehub: Any) -> None:
    done = mergehub("rename", "moderated/soup", "moderated/stew")
    assert done.stdout == "moderated/soup is moderated/stew now.\n"
    assert _shown(mergehub, "soup")["model"]["name"] == "moderated/stew"
    taken = mergehub("rename", "moderated/old", "moderated/soup")
    assert taken.exit_code == 1
    assert "moderated/stew" in taken.stderr
    path = mergehub("rename", "moderated/old", "../old")
    assert path.exit_code == 1
    assert "a path is not a name" in path.stderr
    assert mergehub("rename", "moderated/stew", "moderated/soup").exit_code == 0


def test_a_withdrawn_edge_makes_room_and_is_restored(mergehub: Any, tmp_path: Path) -> None:
    later = tmp_path / "later.csv"
    later.write_text(LATER)
    refused = json.loads(mergehub("import", str(later), "--json").stdout)
    assert [each["code"] for each in refused["skipped"]] == ["cycle"]
    why = ("--reason", "The card names the wrong base.")
    done = mergehub("withdraw", "moderated/old", "moderated/base", *why)
    assert done.exit_code == 0, done.output
    assert "The graph has learned: moderated/base from moderated/middle." in done.stdout
    shown = _shown(mergehub, "old", lambda shown: not _parents(shown))
    (gone,) = shown["model"]["withdrawn_parents"]
    assert (gone["name"], gone["reason"]) == ("moderated/base", "The card names the wrong base.")
    twice = mergehub("withdraw", "moderated/old", "moderated/base", *why)
    assert "The edge from moderated/old to moderated/base is already withdrawn." in twice.stderr
    text = mergehub("show", "moderated/old").stdout
    assert "Withdrawn" in text
    assert "The card names the wrong base." in text

    back = mergehub("restore", "moderated/old", "moderated/base")
    assert back.exit_code == 1
    assert "cycle" in back.stderr
    assert mergehub("withdraw", "moderated/base", "moderated/middle", *why).exit_code == 0
    back = mergehub("restore", "moderated/old", "moderated/base", "--json")
    assert json.loads(back.stdout) == {"edge": gone["edge"], "restored": True}
    _shown(mergehub, "old", lambda shown: _parents(shown) == ["moderated/base"])


def test_of_several_edges_one_is_chosen(mergehub: Any) -> None:
    words = ("withdraw", "moderated/middle", "moderated/old", "--reason", "no")
    several = mergehub(*words)
    assert several.exit_code == 1
    assert several.stderr.count("--edge ") == 2
    assert "merge, base, by edge-list" in several.stderr
    wrong = mergehub(*words, "--edge", "999999999")
    assert wrong.exit_code == 1
    assert "no edge 999999999" in wrong.stderr
    chosen = several.stderr.split("--edge ")[1].split(":")[0]
    assert mergehub(*words, "--edge", chosen).exit_code == 0
    assert mergehub("restore", "moderated/middle", "moderated/old").exit_code == 0
    none = mergehub("restore", "moderated/middle", "moderated/old")
    assert none.exit_code == 1
    assert "No edge from moderated/middle to moderated/old is withdrawn." in none.stderr


def test_a_reason_is_needed(mergehub: Any) -> None:
    done = mergehub("withdraw", "moderated/old", "moderated/base")
    assert done.exit_code == 2
    assert "--reason" in done.stderr
