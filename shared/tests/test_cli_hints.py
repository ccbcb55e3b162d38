"""A wrong name, or a comparison that is not possible, gets a hint on what to do instead."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from scripted import Reply, body, refuse, scripted

from mergehub.cli.main import main

NONE = body({"items": [], "suggestions": [], "next_cursor": None})


def _said(command: list[str], *replies: Reply) -> Result:
    with scripted(*replies) as hub:
        return CliRunner().invoke(main, ["--url", hub.url, "--token", "t", *command])


@pytest.mark.parametrize("command", [["show", "me/soup"], ["submit", "me/soup", "--name", "x"]])
def test_a_models_name_leads_to_its_lineage_and_runs(command: list[str]) -> None:
    done = _said(command, refuse(404), NONE, body({"items": [{"name": "me/soup"}]}))
    assert done.exit_code == 1
    assert "me/soup is a model" in done.stderr
    assert "mergehub lineage me/soup" in done.stderr
    assert "mergehub runs" in done.stderr


@pytest.mark.parametrize(
    "command", [["show", "3f2a9"], ["tokens", "revoke", "3f2a9"], ["follow", "3f2a9"]]
)
def test_of_an_id_six_characters_are_asked_for(command: list[str]) -> None:
    done = _said(command, NONE, refuse(401), NONE)
    assert done.exit_code in (1, 2)
    assert "least" in done.stderr
    assert "6 characters" in done.stderr


def _parent(model: str, measured: bool) -> dict[str, Any]:
    return {"model": model, "measured": measured}


def _uplift(*parents: dict[str, Any], compared: list[dict[str, Any]]) -> Result:
    score = {"value": 0.5, "low": 0.4, "high": 0.6}
    judged = {"difference": score, "in_family": score, "verdict": "better"}
    benchmark = {
        "benchmark": "next", "score": score, "best_parent": None, "parents_mean": None,
        "parents": [{**each, "score": score, **judged} for each in compared],
    }  # fmt: skip
    answer = {
        "model": "me/soup", "parents": parents, "benchmarks": [benchmark], "domains": [],
        "mean": None,
    }  # fmt: skip
    return _said(["uplift", "me/soup"], body(answer))


def test_where_no_parent_was_measured_a_sentence_names_them() -> None:
    done = _uplift(_parent("left", False), _parent("right", False), compared=[])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Not evaluated on the benchmarks of me/soup: left, right." in done.stderr


def test_a_parent_that_was_not_measured_is_named_below_the_others() -> None:
    left = {"model": "left", "roles": ["base"], "paired": False, "items": 0}
    done = _uplift(_parent("left", True), _parent("right", False), compared=[left])
    assert "left (base)" in done.stdout
    assert "better" in done.stdout
    assert "me/soup: right." in done.stderr


def test_a_model_without_parents_is_compared_with_nothing() -> None:
    done = _uplift(compared=[])
    assert done.stdout == ""
    assert "No parents of me/soup are known" in done.stderr


def test_a_list_of_boards_is_a_plain_list_as_all_lists_are() -> None:
    boards = [{"name": "overall", "summary": "All of them.", "ranked": 3}]
    page = {"items": boards, "next_cursor": None}
    assert json.loads(_said(["board", "--json"], body(page)).stdout) == boards
    shown = _said(["board"], body(page)).stdout.splitlines()
    assert shown[1].split(maxsplit=2) == ["overall", "3", "All of them."]
