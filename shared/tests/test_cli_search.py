"""`mergehub search`: tables, notes and faults."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result
from scripted import Reply, body, scripted

from mergehub.cli.main import main

SOUP = {
    "id": "0b9d4c9e-0000-4000-8000-000000000001", "owner": "ann", "name": "soup",
    "title": "A soup", "version": {"method": "ties", "number": 1}, "base": "org/base",
    "ingredients": 3, "size": None, "uplift": 1.25, "stars": 4, "reproductions": 0,
}  # fmt: skip
CORRECTIONS = [
    {"field": None, "written": "germna", "read": "german", "certain": True},
    {"field": None, "written": "gemran", "read": "german", "certain": False},
]


def page(*items: dict[str, Any], **changes: Any) -> Reply:
    return body(
        {"items": items, "total": len(items), "as_of": 7, "next_cursor": None, "corrected": None,
         "corrections": [], "suggestions": []} | changes
    )  # fmt: skip


def said(command: list[str], *replies: Reply) -> tuple[Result, list[dict[str, list[str]]]]:
    """What the command prints, and the parameters of its requests."""
    with scripted(*replies) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "--token", "t", "search", *command])
        return done, [parse_qs(urlsplit(each.path).query) for each in hub.asked]


def test_what_was_found_is_a_table() -> None:
    done, [asked] = said(["tag:german", "density<0.5", "--sort", "stars"], page(SOUP, total=30))
    assert done.exit_code == 0, done.output
    assert asked == {"q": ["tag:german density<0.5"], "sort": ["stars"], "limit": ["20"]}
    head, line = done.stdout.splitlines()
    assert head.split()[:4] == ["recipe", "method", "base", "models"]
    assert line.split() == ["ann/soup", "ties", "org/base", "3", "4", "+1.2", "A", "soup"]
    assert done.stderr == "The first 1 of 30 recipes.\n"


def test_what_was_corrected_is_said() -> None:
    done, _ = said(["germna"], page(SOUP, corrections=CORRECTIONS))
    assert done.stderr.splitlines() == [
        "No recipe has 'germna': searched for 'german'.",
        "Few recipes have 'gemran': did you mean 'german'?",
    ]
    done, _ = said(["name:sop"], page(suggestions=["ann/soup"]))
    assert done.stderr.splitlines() == ["No recipe matches.", "Did you mean ann/soup?"]


def test_many_results_are_read_page_by_page_and_printed_as_one_answer() -> None:
    first = page(*[SOUP] * 200, total=300, next_cursor="next", corrections=CORRECTIONS)
    second = page(SOUP, total=300, next_cursor="more")
    done, asked = said(["x", "--limit", "201", "--json"], first, second)
    assert [each.get("cursor") for each in asked] == [None, ["next"]]
    assert [each["limit"] for each in asked] == [["200"], ["1"]]
    answer = json.loads(done.stdout)
    assert (len(answer["items"]), answer["next_cursor"]) == (201, "more")
    assert answer["corrections"] == CORRECTIONS


def test_facets_are_counted_for_the_same_search() -> None:
    methods = [{"value": "ties", "count": 2}, {"value": "slerp", "count": 1}]
    facets = {"method": methods, "tag": []}
    counted = {"total": 3, "as_of": 7, "corrections": [], "facets": facets}
    done, asked = said(["soup", "--facets"], page(SOUP), body(counted))
    assert [each["q"] for each in asked] == [["soup"], ["soup"]]
    assert [line.split() for line in done.stdout.splitlines()[-2:]] == [
        ["method", "2", "ties"],
        ["1", "slerp"],
    ]
    done, _ = said(["soup", "--facets", "--json"], page(SOUP), body(counted))
    assert json.loads(done.stdout)["facets"] == counted["facets"]


def test_faults_are_marked_in_the_query() -> None:
    text = "größe bse:x"
    fault = {"pointer": "/query/q#char=6,9", "code": "unknown_field", "detail": "is not a field",
             "suggestion": "did you mean 'base'?", "line": None}  # fmt: skip
    other = fault | {"pointer": "/query/limit", "suggestion": None}
    refusal = {"type": "t", "title": "T", "status": 422, "code": "query-invalid",
               "detail": "Not valid: /query/q.", "errors": [fault, other]}  # fmt: skip
    done, _ = said([text], body(refusal, 422))
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "Error: Not valid: /query/q.",
        "  größe bse:x",
        "        ^^^ is not a field (did you mean 'base'?)",
        "  /query/limit  is not a field",
    ]
    done, _ = said([text, "--json"], body(refusal, 422))
    assert json.loads(done.stderr)["faults"][0]["path"] == "/query/q#char=6,9"


def test_a_long_query_is_shown_around_the_fault() -> None:
    text = "word " * 100 + "bse:x " + "word " * 50
    fault = {"pointer": "/query/q#char=500,503", "code": "c", "detail": "is wrong",
             "suggestion": None, "line": None}  # fmt: skip
    refusal = {"type": "t", "title": "T", "status": 422, "code": "query-invalid",
               "detail": "Not valid.", "errors": [fault]}  # fmt: skip
    done, _ = said([text], body(refusal, 422))
    _, shown, mark = done.stderr.splitlines()
    assert shown[mark.index("^") : mark.rindex("^") + 1] == "bse"
    assert len(shown) < 100


def test_recipes_like_one_have_their_likeness() -> None:
    alike = {"items": [SOUP | {"likeness": 0.75, "uplift": None}], "as_of": 7}
    done, asked = said(["--similar-to", "ann/stew", "--by", "ingredients"], body(SOUP), body(alike))
    assert asked == [
        {},
        {"by": ["ingredients"], "limit": ["20"]},
    ]
    assert done.stdout.splitlines()[1].split()[:3] == ["0.75", "ann/soup", "ties"]
    done, _ = said(["--similar-to", "stew"], page(SOUP), body({"items": [], "as_of": 7}))
    assert done.stderr == "No other recipe is like stew.\n"
    again = ["--similar-to", "stew", "--by", "ingredients"]
    done, _ = said(again, page(SOUP), body({"items": [], "as_of": 7}))
    assert done.stderr == "No other recipe merges exactly the models of stew.\n"
    done, _ = said(["--similar-to", "stew", "--json"], page(SOUP), body(alike))
    assert json.loads(done.stdout) == alike["items"]


@pytest.mark.parametrize(
    "command",
    [["soup", "--similar-to", "x"], ["--similar-to", "x", "--facets"], ["--by", "likeness"]],
)
def test_options_that_do_not_fit_are_refused(command: list[str]) -> None:
    done, asked = said(command)
    assert (done.exit_code, asked) == (2, [])


def test_a_query_that_begins_with_a_hyphen_is_explained() -> None:
    done, asked = said(["-tag:nsfw"])
    assert (done.exit_code, asked) == (2, [])
    assert "comes after --, as in `mergehub search -- '-tag:nsfw'`" in done.stderr
    done, asked = said(["--", "-tag:nsfw"], page(SOUP))
    assert (done.exit_code, asked[0]["q"]) == (0, ["-tag:nsfw"])
    done, _ = said(["--limti", "3"])
    assert "--limit" in done.stderr
    assert "hyphen" not in done.stderr
