"""`mergehub lineage stats` and `export`: what they ask a hub, and what they show of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result
from scripted import Handler, Reply, body, scripted

from mergehub.cli.main import main

BASE = body({"items": [{"id": "b", "name": "org/base"}]})


def _said(words: list[str], *answers: Reply) -> tuple[Result, str, dict[str, list[str]]]:
    """What a command prints, and the path and the parameters of its last request."""
    with scripted(*answers) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "lineage", *words])
        last = urlsplit(hub.asked[-1].path if hub.asked else "")
        return done, last.path, parse_qs(last.query)


def _rows(done: Result) -> list[list[str]]:
    return [line.split() for line in done.stdout.splitlines()]


POPULAR = {"items": [{"name": "org/base", "count": 17, "licence": "mit"},
                     {"name": "org/left", "count": 3, "licence": None}]}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "role"),
    [([], "base"), (["bases"], "base"), (["ingredients"], "ingredient"), (["used"], "any")],
)
def test_the_most_used_models_are_listed_with_how_many_use_them(
    words: list[str], role: str
) -> None:
    done, path, query = _said(["stats", *words, "--limit", "2"], body(POPULAR))
    assert _rows(done) == [
        ["models", "model", "licence"], ["17", "org/base", "mit"], ["3", "org/left"],
    ]  # fmt: skip
    assert (path, query) == ("/v1/graph/popular", {"role": [role], "limit": ["2"]})


def test_a_hub_without_stated_bases_is_asked_otherwise() -> None:
    done, *_ = _said(["stats", "bases"], body({"items": []}))
    assert "mergehub lineage stats used" in done.stderr


@pytest.mark.parametrize("kind", ["bases", "pairs"])
def test_filters_that_match_nothing_are_said_to_be_why(kind: str) -> None:
    done, *_ = _said(["stats", kind, "--since", "2030-01-01"], body({"items": []}))
    assert done.stderr == "Nothing matches all of the filters.\n"


@pytest.mark.parametrize(
    ("method", "said"), [("tise", "Did you mean ties?"), ("xyz", "The graph has ties, slerp.")]
)
def test_a_method_that_no_edge_has_is_named_with_those_there_are(method: str, said: str) -> None:
    methods = [{"value": each, "models": 1} for each in ("ties", "slerp", None)]
    facets = body({"methods": methods})
    words = ["stats", "bases", "--method", method, "--method", "slerp"]
    done, path, _ = _said(words, body({"items": []}), facets)
    assert path == "/v1/graph/facets"
    assert done.stderr == (
        f"Nothing matches all of the filters. No edge has the method {method}. {said}\n"
    )


def test_filters_of_statistics_become_parameters() -> None:
    words = ["stats", "pairs", "--base", "org/base", "--domain", "code", "--method", "ties"]
    words += ["--domain", "maths", "--licence", "mit", "--licence", "unknown"]
    words += ["--kind", "quantized", "--kind", "original"]
    words += ["--since", "2024-01-01", "--until", "2024-06-30"]
    pair = {"one_name": "org/left", "other_name": "org/right", "count": 5}
    done, path, query = _said(words, BASE, body({"items": [pair]}))
    assert _rows(done)[1] == ["5", "org/left", "org/right"]
    assert path == "/v1/graph/statistics/pairs"
    assert query == {
        "base": ["b"], "domain": ["code", "maths"], "licence": ["mit", "unknown"],
        "method": ["ties"], "since": ["2024-01-01"], "kind": ["quantized", "original"],
        "until": ["2024-06-30"], "limit": ["20"],
    }  # fmt: skip


def test_methods_are_a_row_for_each_month_and_a_column_for_each_method() -> None:
    items = [
        {"month": "2024-01", "method": "ties", "count": 2},
        {"month": "2024-02", "method": "slerp", "count": 7},
        {"month": "2024-02", "method": "ties", "count": 1},
        {"month": None, "method": None, "count": 1},
    ]
    done, path, query = _said(["stats", "methods"], body({"items": items}))
    assert _rows(done) == [
        ["month", "slerp", "ties", "unknown"],
        ["2024-01", "2"], ["2024-02", "7", "1"], ["unknown", "1"],
    ]  # fmt: skip
    assert (path, query) == ("/v1/graph/statistics/methods", {})


def test_risers_compare_days_with_those_before() -> None:
    riser = {"name": "org/left", "recent": 9, "before": 2}
    done, _, query = _said(["stats", "risers", "--days", "7"], body({"items": [riser]}))
    assert _rows(done) == [["lately", "before", "model"], ["9", "2", "org/left"]]
    assert query == {"days": ["7"], "limit": ["20"]}


@pytest.mark.parametrize(
    "words", [["bases", "--days", "7"], ["risers", "--since", "2024-01-01"], ["recipes"]]
)
def test_options_that_do_not_suit_what_is_counted_are_refused(words: list[str]) -> None:
    done, path, _ = _said(["stats", *words])
    assert (done.exit_code, path) == (2, "")


def test_nothing_counted_is_said_and_is_an_empty_list_for_programs() -> None:
    done, _, _ = _said(["stats"], body({"items": []}))
    assert (done.exit_code, done.stdout) == (0, "")
    done, _, _ = _said(["stats", "--json"], body(POPULAR))
    assert json.loads(done.stdout) == POPULAR["items"]


def _file(content: bytes) -> Reply:
    def reply(handler: Handler) -> None:
        handler.begin(200, Content_Type="text/csv", Content_Length=str(len(content)))
        handler.wfile.write(content)

    return reply


def _cut(handler: Handler) -> None:
    handler.begin(200, Content_Type="text/csv", Content_Length="100")
    handler.wfile.write(b"parent,child\n")
    handler.cut()


CONTENT = "parent,child\norg/é,me/soup\n".encode()


def test_an_export_is_printed_as_it_is() -> None:
    done, path, query = _said(["export", "--format", "csv"], _file(CONTENT))
    assert done.stdout_bytes == CONTENT
    assert (path, query) == ("/v1/graph/export", {"format": ["csv"]})


def test_an_export_around_a_model_is_written_to_a_file(tmp_path: Path) -> None:
    output = tmp_path / "soup.csv"
    words = ["export", "org/base", "--format", "csv", "-o", str(output), "--direction", "both"]
    words += ["--depth", "2", "--licence", "mit", "--relation", "merge", "--json"]
    done, _, query = _said(words, BASE, _file(CONTENT))
    assert json.loads(done.stdout) == {"file": str(output), "bytes": len(CONTENT)}
    assert output.read_bytes() == CONTENT
    assert query == {
        "format": ["csv"], "focus": ["b"], "direction": ["both"], "depth": ["2"],
        "licence": ["mit"], "relation": ["merge"],
    }  # fmt: skip


def test_programs_get_an_export_without_a_file_as_a_value() -> None:
    done, _, _ = _said(["export", "--format", "csv", "--json"], _file(CONTENT))
    assert json.loads(done.stdout) == {"format": "csv", "content": CONTENT.decode()}


def test_an_export_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    output = tmp_path / "soup.csv"
    output.write_text("before")
    done, _, _ = _said(["export", "--format", "csv", "-o", str(output)], _cut)
    assert done.exit_code == 1
    assert "broke" in done.stderr
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [
        ("soup.csv", "before")
    ]


def test_a_refusal_of_an_export_is_a_sentence() -> None:
    about: dict[str, Any] = {"code": "graph-loading", "title": "No", "type": "/x", "errors": []}
    words = ["export", "--format", "csv"]
    done, _, _ = _said(words, body({"detail": "The graph is loading.", **about}, 503))
    assert done.exit_code == 1
    assert "The graph is loading." in done.stderr


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    output = tmp_path / "none" / "soup.csv"
    done, _, _ = _said(["export", "--format", "csv", "-o", str(output)], _file(CONTENT))
    assert done.exit_code == 1
    assert f"{output} cannot be written" in done.stderr
