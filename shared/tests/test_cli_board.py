"""`mergehub board`: tables, bars and CSV of boards, releases and own boards."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from scripted import Reply, body, scripted

from mergehub.cli.commands.board.bars import bar, line
from mergehub.cli.main import main

INFO = {"name": "overall", "title": "Overall", "summary": "All."}
COLUMNS = [{"benchmark": "gsm8k"}, {"benchmark": "math"}]


def said(command: list[str], *replies: Reply) -> Result:
    with scripted(*replies) as hub:
        return CliRunner().invoke(main, ["--url", hub.url, "--token", "t", "board", *command])


def row(model: str, place: int | None, **changes: Any) -> dict[str, Any]:
    mean = None if place is None else {"value": 50.0, "low": 48.5, "high": 51.5}
    return {
        "rank": place and {"place": place, "best": place, "worst": place + 1},
        "model": model, "precision": "bfloat16", "merged": True, "method": "ties", "family": None,
        "parameters": 7_242_000_000, "licence": None, "made_on": None, "claimed": [], "flags": [],
        "mean": mean,
        "uplift": None, "scores": {"gsm8k": {"value": 61.0, "low": None, "high": None}},
    } | changes  # fmt: skip


def page(*rows: dict[str, Any], cursor: str | None = None, **changes: Any) -> Reply:
    return body(
        {"board": INFO, "columns": COLUMNS, "ranked": 1, "matching": 9, "items": rows,
         "as_of": 9, "ranks": {"as_of": 9, "read_at": "2026-11-30T07:05:59Z"},
         "suggestions": [], "next_cursor": cursor} | changes
    )  # fmt: skip


def test_a_board_is_a_table_with_ranks_bars_and_what_is_unknown() -> None:
    done = said(["overall"], page(row("me/soup", 1), row("me/half", None, flags=["contaminated"])))
    assert done.exit_code == 0, done.stderr
    head, first, second = done.stdout.splitlines()
    assert head.split() == ["rank", "model", "method", "size", "mean", "gsm8k", "math"]
    assert first.split()[:3] == ["1", "(1-2)", "me/soup"]
    assert "50.0 ±1.5" in first
    assert "█████ " in first
    assert "me/half (bfloat16) [contaminated]" in second
    assert "2 of 9 rows; 1 have a rank." in done.stderr


def test_boards_are_listed_with_how_many_models_they_rank_and_empty_ones_last() -> None:
    listed = [
        {"name": name, "summary": "All.", "ranked": ranked}
        for name, ranked in (("code", 0), ("overall", 12))
    ]
    done = said([], body({"items": listed, "next_cursor": None}))
    assert [each.split()[:2] for each in done.stdout.splitlines()[1:]] == [
        ["overall", "12"],
        ["code", "0"],
    ]


def test_intervals_of_earlier_results_say_which() -> None:
    ranks = {"as_of": 8, "read_at": "2026-11-30T07:05:59Z"}
    told = [said(["overall"], page(ranks=each)).stderr for each in (ranks, ranks | {"as_of": 9})]
    assert "follow from the results of 2026-11-30 07:05 UTC." in told[0]
    assert "Intervals" not in told[1]
    waiting = said(["overall"], page(ranks={"as_of": None, "read_at": None}))
    assert "Intervals" not in waiting.stderr


def test_what_only_an_import_claims_has_a_mark() -> None:
    done = said(["overall"], page(row("me/told", 1), row("me/soup", 2, claimed=["parameters"])))
    assert ["7.2B*" in each for each in done.stdout.splitlines()] == [False, False, True]
    assert "* An import claims it" in done.stderr
    done = said(["overall", "--csv"], page(row("me/soup", 1, claimed=["family", "licence"])))
    assert next(csv.DictReader(done.stdout.splitlines()))["claimed"] == "family licence"


def test_a_base_that_the_hub_does_not_know_is_named_with_those_like_it() -> None:
    unknown = [
        {"filter": "base", "value": "mistrel", "near": ["a/mistral", "b/mistral"]},
        {"filter": "family", "value": "zz", "near": []},
    ]
    command = ["overall", "--base", "mistrel", "--family", "zz"]
    done = said(command, page(matching=0, suggestions=unknown))
    assert done.stderr.splitlines()[-2:] == [
        "The hub knows no base 'mistrel'. Did you mean a/mistral or b/mistral?",
        "The hub knows no family 'zz'.",
    ]
    told = json.loads(said([*command, "--json"], page(suggestions=unknown)).stdout)
    assert told["suggestions"] == unknown


def test_filters_and_sort_are_asked_of_the_hub_page_by_page() -> None:
    command = ["show", "overall", "--method", "ties", "--method", "dare", "--size-max", "9",
               "--not-merged", "--sort", "-size", "--limit", "201", "--json"]  # fmt: skip
    with scripted(page(*[row("a", 1)] * 200, cursor="next"), page(row("b", 2))) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "--token", "t", "board", *command])
        first, second = (each.path for each in hub.asked)
    assert "method=ties&method=dare" in first
    assert all(part in first for part in ("size_max=9", "merged=false", "sort=-size", "limit=200"))
    assert "cursor=next" in second
    assert "limit=1" in second
    assert len(json.loads(done.stdout)["items"]) == 201


@pytest.mark.parametrize(
    ("sort", "told"), [("uplift", "+1.2"), ("-size", "7.2B"), ("date", "2026-11-01"), ("mean", "")]
)
def test_what_a_board_is_sorted_by_is_shown(sort: str, told: str) -> None:
    known = row("a", 1, uplift=1.23, parameters=7_240_000_000, made_on="2026-11-01")
    unknown = row("b", 2, uplift=None, parameters=None)
    head, first, second = said(
        ["overall", "--sort", sort], page(known, unknown)
    ).stdout.splitlines()
    assert (sort.removeprefix("-") in head.split()) is True
    assert told in first
    unknowns = {"size", sort.removeprefix("-")} - {"mean"}
    assert second.split().count("-") == len(unknowns) + 1  # and one of the benchmarks


def test_csv_has_the_chosen_columns() -> None:
    done = said(["overall", "--csv", "--column", "gsm8k"], page(row("me/soup", 1)))
    [told] = csv.DictReader(done.stdout.splitlines())
    assert (told["model"], told["place"], told["gsm8k"], told["mean"]) == (
        *("me/soup", "1", "61.0", "50.0"),
    )
    assert "math" not in told


def test_a_column_that_the_board_lacks_is_refused_with_those_it_has() -> None:
    done = said(["overall", "--column", "gsm9k"], page())
    assert done.exit_code == 2
    assert "gsm8k, math" in done.stderr


def test_the_history_is_a_plot_and_the_last_days() -> None:
    points = [
        {"day": f"2026-11-0{day}", "place": place, "of": 9, "mean": 50.0}
        for day, place in ((1, 9), (2, 5), (3, 1))
    ]
    answer = {"board": "overall", "model": "me/soup", "points": points}
    done = said(["history", "me/soup"], body(answer))
    assert "2026-11-01 ▁▅█ 2026-11-03" in done.stdout or "2026-11-01 ▁▄█ 2026-11-03" in done.stdout
    assert done.stdout.splitlines()[-1].split() == ["2026-11-03", "1", "9", "50.00"]


RELEASE = {
    "board": "overall", "number": 2, "title": "Overall", "created_at": "2026-11-30T01:00:00Z",
    "models": 9, "digest": "sha256:12",
    "citation": {"text": "Overall, release 2", "bibtex": "@m\n"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        (["release", "overall"], "Overall, release 2\n"),
        (["releases", "overall", "2", "--bibtex"], "@m\n"),
    ],
)
def test_a_release_says_how_it_is_cited(command: list[str], wanted: str) -> None:
    assert said(command, body(RELEASE)).stdout == wanted


def test_releases_are_listed_with_their_digests() -> None:
    done = said(["releases", "overall"], body({"items": [RELEASE], "next_cursor": None}))
    assert done.stdout.splitlines()[-1].split() == ["2", "2026-11-30", "9", "sha256:12"]


def test_a_board_of_ones_own_has_weights() -> None:
    command = ["create", "maths", "--title", "M", "--summary", "S.", "--benchmark", "gsm8k=2",
               "--benchmark", "math"]  # fmt: skip
    with scripted(body({"name": "ann~maths"}, 201)) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "--token", "t", "board", *command])
        sent = json.loads(hub.asked[0].body)
    assert done.stdout == "ann~maths\n"
    assert sent["columns"] == [{"benchmark": "gsm8k", "weight": 2.0}, {"benchmark": "math"}]


@pytest.mark.parametrize("weight", ["two", "nan", "inf"])
def test_a_weight_that_is_no_number_is_refused(weight: str) -> None:
    done = said(
        ["create", "m", "--title", "M", "--summary", "S.", "--benchmark", f"gsm8k={weight}"]
    )
    assert f"'{weight}' is not a weight" in done.stderr


def test_bars_and_lines_are_as_long_as_their_values() -> None:
    assert [bar(value).rstrip() for value in (0.0, 50.0, 100.0, None)] == [
        "",
        "█" * 5,
        "█" * 10,
        "",
    ]
    assert line([1, 2, 3])[0] == "▁"
    assert line([2, 2]) == "▄▄"
    assert line([]) == ""
