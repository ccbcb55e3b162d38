"""`mergehub lineage import-huggingface`: pages of the Hugging Face Hub, politely and resumably."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hugging_face_hub import ModelsOfHub, models_of_hub
from importing_hub import ImportingHub
from lineage_texts import Read, read_text
from scripted import lose, page, refuse
from taking_hub import taking

from mergehub.cli.main import main
from mergehub.lineage_files.hugging_face import TRIES, Models
from mergehub.lineage_files.model_info import rows_of_model
from mergehub.lineage_files.rows import Edge, Facts, Unreadable

MODELS = [
    {
        "_id": "1", "id": "me/soup-GGUF", "createdAt": "2024-05-01T12:00:00.000Z",
        "tags": ["gguf", "base_model:me/soup", "base_model:quantized:me/soup", "license:mit"],
        "gguf": {"total": 7_000_000_000, "architecture": "llama"},
    },
    {
        "_id": "2", "id": "me/soup", "createdAt": "2024-04-01T12:00:00.000Z",
        "baseModels": {"relation": "merge", "models": [{"_id": "x", "id": "org/left"},
                                                       {"_id": "y", "id": "org/right"}]},
        "cardData": {"license": "other", "license_name": "yi", "tags": ["merge", "code"],
                     "base_model": ["org/left", "org/right"]},
        "config": {"model_type": "llama", "architectures": ["LlamaForCausalLM"]},
        "safetensors": {"parameters": {"BF16": 6_738_415_616}, "total": 6_738_415_616},
    },
    {"_id": "3", "id": "org/left", "cardData": {"base_model": "org/base",
                                               "base_model_relation": "finetune"}},
    {"_id": "4", "id": "org/base", "tags": []},
    {"_id": "5", "id": "me/echo", "cardData": {"base_model": "ME/echo"}},
]  # fmt: skip


@pytest.fixture
def hub() -> Iterator[ImportingHub]:
    with taking(ImportingHub()) as hub:
        yield hub


@pytest.fixture
def theirs() -> Iterator[ModelsOfHub]:
    with models_of_hub(MODELS) as running:
        yield running


def _run(hub: ImportingHub, theirs: ModelsOfHub, *words: str) -> Result:
    base = ["--url", hub.url, "--token", "t", "lineage", "import-huggingface"]
    base += ["--endpoint", theirs.url, "--pause", "0", *words]
    return CliRunner().invoke(main, base, env={"HF_TOKEN": None})


def test_every_page_is_imported_with_relations_and_facts(
    hub: ImportingHub, theirs: ModelsOfHub
) -> None:
    done = _run(hub, theirs, "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["edges"]["added"] == 4
    told = {(child, parent): edge["relation"] for (child, parent, _), edge in hub.edges.items()}
    assert told == {
        ("me/soup-GGUF", "me/soup"): "quantized",
        ("me/soup", "org/left"): "merge",
        ("me/soup", "org/right"): "merge",
        ("org/left", "org/base"): "finetune",
    }
    edge = hub.edges["me/soup", "org/left", None]
    assert edge["evidence"] == "https://huggingface.co/me/soup"
    assert edge["source"] == "hub-metadata"
    assert [row["code"] for row in report["skipped"]] == ["self-loop"]
    assert {each["name"] for each in hub.models.values()} == {"me/soup-GGUF", "me/soup"}
    assert hub.models["me/soup"] | {"line": 0} == {
        "name": "me/soup", "architecture": "llama", "parameters": 6_738_415_616,
        "licence": "yi", "domains": ["code"], "made_on": "2024-04-01", "line": 0,
    }  # fmt: skip


def test_three_pages_are_three_requests_that_name_their_sender(
    hub: ImportingHub, theirs: ModelsOfHub
) -> None:
    _run(hub, theirs)
    asked: list[Any] = theirs.asked
    assert len(asked) == 3
    assert all("mergehub" in headers["user-agent"] for _, headers in asked)
    assert all("authorization" not in headers for _, headers in asked)
    assert "expand=baseModels" in asked[0][0]
    assert "cursor=4" in asked[2][0]


def test_options_become_parameters_of_the_list(hub: ImportingHub, theirs: ModelsOfHub) -> None:
    done = _run(hub, theirs, "--author", "org", "--tag", "mergekit", "--search", "l", "--json")
    assert json.loads(done.stdout)["edges"]["added"] == 1
    path, _ = theirs.asked[0]
    assert {"author=org", "filter=mergekit", "search=l"} <= {*path.partition("?")[2].split("&")}


def test_an_interrupted_import_continues_with_the_page_that_it_lacks(
    hub: ImportingHub, theirs: ModelsOfHub, tmp_path: Path
) -> None:
    state = str(tmp_path / "state.json")
    theirs.refusals = [_first_page, refuse(404)]
    done = _run(hub, theirs, "--state", state)
    assert done.exit_code == 1
    assert "404" in done.output
    theirs.asked.clear()
    assert _run(hub, theirs, "--state", state).exit_code == 0
    asked: list[Any] = theirs.asked
    assert ["cursor=" in path for path, _ in asked] == [True, True]
    assert len(hub.edges) == 4
    theirs.asked.clear()
    assert _run(hub, theirs, "--state", state).exit_code == 0
    assert theirs.asked == []


def _first_page(handler: Any) -> None:
    handler.serve()


def test_a_limit_ends_the_import(hub: ImportingHub, theirs: ModelsOfHub) -> None:
    report = json.loads(_run(hub, theirs, "--limit", "1", "--json").stdout)
    assert report["edges"]["added"] == 1
    assert len(theirs.asked) == 1


def test_the_hub_is_asked_first_whether_it_takes_imports(
    hub: ImportingHub, theirs: ModelsOfHub
) -> None:
    base = ["--url", "http://127.0.0.1:9", "lineage", "import-huggingface"]
    done = CliRunner().invoke(main, [*base, "--endpoint", theirs.url])
    assert done.exit_code == 1
    assert theirs.asked == []


def _pages(theirs: ModelsOfHub, waits: list[float]) -> list[list[Any]]:
    listing = Models(theirs.url, pause=1.5, sleep=waits.append)
    return [each.models for each in listing.pages()]


def test_there_is_a_pause_between_requests(theirs: ModelsOfHub) -> None:
    waits: list[float] = []
    assert [*chain(*_pages(theirs, waits))] == MODELS
    assert waits == [1.5, 1.5]


def test_the_pause_is_as_long_as_the_hub_asks_for(theirs: ModelsOfHub) -> None:
    waits: list[float] = []
    theirs.refusals = [refuse(429, Retry_After="7"), refuse(503), lose]
    assert [*chain(*_pages(theirs, waits))] == MODELS
    assert waits[0] == 7.0
    assert all(wait >= 1.5 for wait in waits)


def test_a_hub_that_asks_for_a_very_long_pause_is_left_alone(theirs: ModelsOfHub) -> None:
    theirs.refusals = [refuse(429, Retry_After="86400")]
    with pytest.raises(Unreadable, match=r"86400 s\. Continue later with the same --state"):
        _pages(theirs, [])


def test_a_hub_that_stays_away_is_given_up(theirs: ModelsOfHub) -> None:
    waits: list[float] = []
    theirs.refusals = [refuse(503)] * TRIES
    with pytest.raises(Unreadable, match="does not answer"):
        _pages(theirs, waits)
    assert len(waits) == TRIES - 1


@pytest.mark.parametrize(
    ("reply", "said"),
    [(refuse(401), "refuses the token"), (refuse(400), r"\(400\)"), (page(200), "not a list")],
)
def test_a_refusal_is_a_sentence(reply: Any, said: str, theirs: ModelsOfHub) -> None:
    theirs.refusals = [reply]
    with pytest.raises(Unreadable, match=said):
        _pages(theirs, [])


def test_a_page_elsewhere_is_not_fetched(theirs: ModelsOfHub) -> None:
    theirs.next_at = "http://127.0.0.1:9/api/models"
    with pytest.raises(Unreadable, match=r"another server: 'http://127"):
        _pages(theirs, [])


def test_a_dump_of_models_as_json_lines_is_read_as_the_list_is(tmp_path: Path) -> None:
    read = read_text(tmp_path, "models.jsonl", "\n".join(map(json.dumps, MODELS)))
    assert len(read.edges) == 4
    assert read.edges[0].line == 1
    assert read.edges[0].made_on == date(2024, 5, 1)


@pytest.mark.parametrize(
    ("info", "parents"),
    [
        ({"baseModels": ["a/b", "c/d"]}, {"a/b": "unknown", "c/d": "unknown"}),
        ({"baseModels": None, "tags": ["base_model:adapter:a/b"]}, {"a/b": "adapter"}),
        ({"tags": ["base_model:a/b"], "cardData": {"base_model": "A/b",
                                                   "base_model_relation": "merge"}},
         {"a/b": "merge"}),
        ({"cardData": {"base_model": ["a/b", 7, None]}}, {"a/b": "unknown"}),
        ({"cardData": "words"}, {}),
    ],
)  # fmt: skip
def test_the_surest_statement_of_a_relation_counts(
    info: dict[str, Any], parents: dict[str, str]
) -> None:
    read = Read(list(rows_of_model({"id": "me/soup", **info})))
    assert {edge.parent: edge.relation for edge in read.edges} == parents


def test_hostile_information_is_no_error() -> None:
    for value in (None, 7, "x", [], {}, [[]], {"models": 7}, {"id": []}):
        for field in ("cardData", "baseModels", "tags", "config", "safetensors", "createdAt"):
            rows = list(rows_of_model({"id": "me/soup", field: value}))
            assert all(isinstance(row, Edge | Facts) for row in rows)


@pytest.mark.process
def test_without_the_package_a_sentence_says_how_to_install_it() -> None:
    code = (
        "import sys\n"
        "sys.modules['huggingface_hub'] = None\n"
        "from mergehub.cli.lazy import imported\n"
        "import click\n"
        "try:\n    imported('mergehub.lineage_files.hugging_face')\n"
        "except click.ClickException as error:\n    print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert "pip install 'mergehub[hub]'" in done.stdout
