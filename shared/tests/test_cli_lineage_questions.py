"""`mergehub lineage show`, `path` and `common`: what they ask a hub, and what they show of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result
from scripted import Reply, body, scripted

from mergehub.cli.commands.lineage.showing import size
from mergehub.cli.main import main

NAMES = {"s": "me/soup", "a": "org/left", "b": "org/base"}


def _found(identity: str) -> Reply:
    return body({"items": [{"id": identity, "name": NAMES[identity]}]})


def _said(words: list[str], *answers: Reply) -> tuple[Result, list[str]]:
    with scripted(*answers) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "lineage", *words])
        return done, [asked.path for asked in hub.asked]


def _named(*identities: str) -> list[dict[str, str]]:
    return [{"id": each, "name": NAMES[each]} for each in identities]


def _paths(*paths: str, count: int | None = None) -> Mapping[str, Any]:
    made = [{"child": "s", "parent": "a"}, {"child": "a", "parent": "b"}]
    return {
        "nodes": _named(*NAMES), "edges": made, "paths": [list(path) for path in paths],
        "count": len(paths) if count is None else count,
    }  # fmt: skip


def test_a_path_has_an_arrow_from_the_parent_to_the_child_in_each_step() -> None:
    answers = (_found("s"), _found("b"), body(_paths("sab", "bas", count=5)))
    done, asked = _said(["path", "me/soup", "org/base", "--any"], *answers)
    assert done.stdout.splitlines() == [
        "me/soup ← org/left ← org/base", "org/base → org/left → me/soup",
    ]  # fmt: skip
    assert "and 3 more" in done.stderr
    assert parse_qs(urlsplit(asked[-1]).query) == {"to": ["b"], "ways": ["any"], "limit": ["20"]}


def test_where_no_path_leads_the_other_way_of_looking_is_named() -> None:
    words = ["path", "me/soup", "org/base"]
    done, _ = _said(words, _found("s"), _found("b"), body(_paths()))
    assert done.exit_code == 1
    assert "With --any" in done.stderr


def test_filters_become_parameters_that_may_repeat() -> None:
    words = ["path", "me/soup", "org/base", "--relation", "merge", "--relation", "finetune"]
    words += ["--method", "ties", "--since", "2024-01-31"]
    _, asked = _said(words, _found("s"), _found("b"), body(_paths("sab")))
    query = parse_qs(urlsplit(asked[-1]).query)
    assert query["relation"] == ["merge", "finetune"]
    assert (query["method"], query["since"]) == (["ties"], ["2024-01-31"])


def test_what_models_have_in_common_is_listed_with_the_distances() -> None:
    item = {**_named("b")[0], "distances": [2, 1], "children_count": 7}
    answer = {"models": _named("s", "a"), "items": [item], "truncated": True}
    done, asked = _said(["common", "me/soup", "org/left"], _found("s"), _found("a"), body(answer))
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["ancestor", "from", "me/soup", "from", "org/left", "children"],
        ["org/base", "2", "1", "7"],
    ]
    assert parse_qs(urlsplit(asked[-1]).query)["model"] == ["s", "a"]
    assert "--limit" in done.stderr


@pytest.mark.parametrize("words", [["common", "me/soup"]])
def test_one_model_has_nothing_in_common(words: list[str]) -> None:
    done, asked = _said(words)
    assert (done.exit_code, asked) == (2, [])


MODEL = {
    "id": "s", "name": "me/soup", "kind": "merge", "architecture": "llama",
    "parameters": 7_241_732_096, "tokenizer": None, "domains": ["code"], "made_on": "2024-01-31",
    "names": [{"name": "me/broth"}, {"name": "me/soup"}],
    "withdrawn_parents": [],
    "claims": [{"name": "org/left", "role": "base", "relation": "finetune", "method": None,
                "weight": None, "source": "thesis", "confidence": 40}],
}  # fmt: skip
PARENT = {
    **_named("a")[0], "role": "ingredient", "relation": "merge", "method": "ties", "weight": 0.5,
    "licence": "mit", "confidence": 80, "flagged": True,
}  # fmt: skip
LICENCES = {
    "licence": "mit",
    "inherited": [{"licence": "mit", "path": _named("s")},
                  {"licence": "cc-by-nc-4.0", "path": _named("s", "a", "b")}],
    "conflicts": [{"broken": "cc-by-nc-4.0", "reason": "mit allows commercial use",
                   "path": _named("s", "a", "b"), "by": _named("a")[0], "licence": "mit"}],
    "exclusions": [],
    "forbidding": [{"licence": "cc-by-nd-4.0", "path": _named("s", "b")}],
}  # fmt: skip
FLAGS = {"flags": [{"kind": "contaminated", "reason": "saw the test", "path": _named("s", "a"),
                    "evidence": "https://example.org/report"}]}  # fmt: skip
ANSWERS = (
    MODEL,
    {"items": [PARENT], "total": 1, "counts": {"merge": 1}},
    {"items": [], "total": 91, "counts": {"quantized": 11, "finetune": 80}},
    {"origins": [{**_named("b")[0], "share": 0.625}], "truncated": True},
    LICENCES,
    FLAGS,
)


def test_one_model_is_shown_with_all_that_is_known() -> None:
    done, _ = _said(["show", "me/soup"], _found("s"), *map(body, ANSWERS))
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for line in (
        "kind merge", "former names me/broth", "parameters 7.24 B", "inherits cc-by-nc-4.0",
        "goes back to org/base (62%), …",
        "children 91 (80 finetune, 11 quantized)",
        "org/left (flagged) ingredient merge ties 0.5 mit 80 %",
        "org/left base finetune thesis 40 %",
        "Licence conflict in org/left: mit allows commercial use",
        "me/soup ← org/left (mit) ← org/base (cc-by-nc-4.0)",
        "Licence cc-by-nd-4.0 does not allow derived models to be passed on.",
        "me/soup ← org/base",
        "Flag: contaminated: saw the test (https://example.org/report)",
    ):  # fmt: skip
        assert line in lines


def test_programs_get_the_answers_of_the_hub() -> None:
    done, _ = _said(["show", "me/soup", "--json"], _found("s"), *map(body, ANSWERS))
    parts = ("model", "parents", "children", "shares", "licences", "contamination")
    assert json.loads(done.stdout) == dict(zip(parts, ANSWERS, strict=True))


@pytest.mark.parametrize(
    ("count", "shown"),
    [(None, ""), (260_032, "260 k"), (7_241_732_096, "7.24 B"), (10**12, "1 T"), (999, "999")],
)
def test_a_count_of_parameters_has_a_unit(count: int | None, shown: str) -> None:
    assert size(count) == shown
