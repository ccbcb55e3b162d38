"""`mergehub lineage import`: files into a hub, with a report of every row."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from importing_hub import ImportingHub
from scripted import body, lose, refuse
from taking_hub import taking

from mergehub.cli.main import main
from mergehub.lineage_files import batches

EDGES = "parent,child,relation\norg/left,me/soup,merge\norg/right,me/soup,merge\n"
CARD = "---\nbase_model: org/left\nlicense: mit\n---\n"


@pytest.fixture
def hub() -> Iterator[ImportingHub]:
    with taking(ImportingHub()) as hub:
        yield hub


def _run(hub: ImportingHub, *words: str, stdin: bytes = b"") -> Result:
    base = ["--url", hub.url, "--token", "t", "lineage", "import"]
    return CliRunner().invoke(main, [*base, *words], input=stdin)


def _report(hub: ImportingHub, *words: str) -> dict[str, Any]:
    done = _run(hub, *words, "--json")
    assert done.stdout, done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _file(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_an_edge_list_is_imported_and_again_without_effect(
    hub: ImportingHub, tmp_path: Path
) -> None:
    file = _file(tmp_path, "edges.csv", EDGES)
    first, second = _report(hub, file), _report(hub, file)
    assert (first["edges"]["added"], first["edges"]["known"]) == (2, 0)
    assert (second["edges"]["added"], second["edges"]["known"]) == (0, 2)
    assert {key[:2] for key in hub.edges} == {("me/soup", "org/left"), ("me/soup", "org/right")}
    assert hub.imports[0]["source"] == "edge-list"


def test_a_dry_run_stores_nothing_and_says_so(hub: ImportingHub, tmp_path: Path) -> None:
    done = _run(hub, _file(tmp_path, "edges.csv", EDGES), "--dry-run")
    assert done.exit_code == 0
    assert "Nothing was stored" in done.stdout
    assert hub.edges == {}


def test_a_dry_run_counts_a_model_once_although_several_requests_name_it(
    hub: ImportingHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_ROWS", 1)
    names = ("me/soup", "ME/Soup", "me/stew", "me/soup")
    text = "".join(
        json.dumps({"modelId": name, "cardData": {"license": "mit"}}) + "\n" for name in names
    )
    report = _report(hub, _file(tmp_path, "models.jsonl", text), "--dry-run")
    assert len(hub.imports) == 4
    assert report["models"]["added"] == 2


def test_people_get_counts_and_a_line_for_each_row_that_was_skipped(
    hub: ImportingHub, tmp_path: Path
) -> None:
    text = f"{EDGES}me/soup,ME/soup,merge\na/b,c/d,begat\n"
    done = _run(hub, _file(tmp_path, "edges.csv", text), "--source", "thesis")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["added", "known", "strengthened", "weaker", "skipped", "changed"]
    assert lines[1].split() == ["edges", "3", "0", "0", "0", "1"]
    assert "edges.csv:4" in done.stdout
    assert "a model cannot be its own parent" in done.stdout
    assert "relation: begat → unknown" in done.stdout
    assert hub.imports[0]["source"] == "thesis"


def test_of_many_rows_the_first_of_each_reason_are_shown_and_with_all_every_one(
    hub: ImportingHub, tmp_path: Path
) -> None:
    text = EDGES + "a/b,a/b,merge\n" * 30 + "/a/path,c/d,merge\n"
    file = _file(tmp_path, "edges.csv", text)
    shown = _run(hub, file).stdout
    assert "and 25 more; --all shows them" in shown
    assert (shown.count("its own parent"), shown.count("a path is not a name")) == (5, 1)
    assert _run(hub, file, "--all").stdout.count("its own parent") == 30


def test_the_lines_of_the_hubs_report_are_those_of_the_file(
    hub: ImportingHub, tmp_path: Path
) -> None:
    """What the hub skips is reported with the file and line from which the row came."""
    answer = {
        "edges": {"added": 1, "known": 0, "strengthened": 0, "weaker": 0, "skipped": 1},
        "models": {"added": 0, "changed": 0},
        "skipped": [{"line": 2, "child": "me/soup", "parent": "org/right", "reason": "cycle",
                     "code": "cycle"}],
        "corrected": [{"line": 1, "field": "child", "was": "me/soup", "now": "me/Soup",
                       "reason": "case"}],
    }  # fmt: skip
    hub.refusals = [body(answer)]
    report = _report(hub, _file(tmp_path, "edges.csv", "\n\n" + EDGES))
    assert [(row["file"], row["line"]) for row in report["skipped"]] == [("edges.csv", 5)]
    assert [(row["file"], row["line"]) for row in report["corrected"]] == [("edges.csv", 4)]


def test_a_folder_of_cards_and_lists_is_imported(hub: ImportingHub, tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    (folder / "me" / "soup").mkdir(parents=True)
    _file(folder / "me" / "soup", "README.md", CARD)
    (folder / "edges.jsonl.gz").write_bytes(
        gzip.compress(b'{"child": "me/stew", "parent": "me/soup"}\n')
    )
    report = _report(hub, str(folder))
    assert (report["files"], report["edges"]["added"], report["models"]["added"]) == (2, 2, 1)
    assert {key[:2] for key in hub.edges} == {("me/soup", "org/left"), ("me/stew", "me/soup")}
    assert hub.models["me/soup"]["licence"] == "mit"


def test_a_thousand_small_files_are_few_requests(hub: ImportingHub, tmp_path: Path) -> None:
    for number in range(1_000):
        _file(tmp_path, f"model-{number}.md", "---\nbase_model: org/left\n---\n")
    assert _report(hub, str(tmp_path))["edges"]["added"] == 1_000
    assert len(hub.imports) == 1


def test_files_of_one_name_in_two_folders_are_told_apart(hub: ImportingHub, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        _file(tmp_path / folder, "edges.csv", "parent,child\na/b,a/b\n")
    report = _report(hub, str(tmp_path / "a"), str(tmp_path / "b"))
    assert {row["file"] for row in report["skipped"]} == {
        str(tmp_path / "a" / "edges.csv"), str(tmp_path / "b" / "edges.csv"),
    }  # fmt: skip


def test_standard_input_is_a_file(hub: ImportingHub) -> None:
    done = _run(hub, "-", stdin=EDGES.encode())
    assert done.exit_code == 0
    assert len(hub.edges) == 2


def test_a_card_from_standard_input_needs_a_name(hub: ImportingHub) -> None:
    done = _run(hub, "-", stdin=CARD.encode())
    assert done.exit_code == 1
    assert "standard input is a card: give its model's name with --name." in done.stderr
    assert not hub.imports
    assert _run(hub, "-", "--name", "me/soup", stdin=CARD.encode()).exit_code == 0
    assert [key[:2] for key in hub.edges] == [("me/soup", "org/left")]


def test_a_name_for_an_edge_list_is_refused(hub: ImportingHub, tmp_path: Path) -> None:
    done = _run(hub, _file(tmp_path, "edges.csv", EDGES), "--name", "me/soup")
    assert done.exit_code == 1
    assert "edges.csv is neither a card nor a recipe" in done.stderr
    assert not hub.imports


def test_a_recipe_is_imported_under_the_name_that_is_given(
    hub: ImportingHub, tmp_path: Path
) -> None:
    recipe = "merge_method: linear\nmodels:\n- {model: a, parameters: {weight: 1}}\n- model: b\n"
    file = _file(tmp_path, "recipe.yml", recipe)
    assert _report(hub, file, "--name", "me/soup")["edges"]["added"] == 2
    assert hub.edges["me/soup", "a", "ingredient"]["weight"] == 1.0
    done = _run(hub, file)
    assert done.exit_code == 1
    assert "--name" in done.output


def test_a_file_that_cannot_be_read_fails_the_command_and_stops_no_other(
    hub: ImportingHub, tmp_path: Path
) -> None:
    bad, good = _file(tmp_path, "a.csv", "x,y\n1,2\n"), _file(tmp_path, "b.csv", EDGES)
    done = _run(hub, bad, good, str(tmp_path / "none.csv"), "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert [each["file"] for each in report["unreadable"]] == [bad, str(tmp_path / "none.csv")]
    assert report["edges"]["added"] == 2


def test_rows_go_in_batches_and_an_answer_that_was_lost_is_asked_for_again(
    hub: ImportingHub, tmp_path: Path
) -> None:
    hub.refusals = [lose]
    rows = "".join(f"org/{number},me/soup\n" for number in range(22_000))
    report = _report(hub, _file(tmp_path, "edges.csv", f"parent,child\n{rows}"))
    assert report["edges"]["added"] == 22_000
    assert [len(each["edges"]) for each in hub.imports] == [10_000, 10_000, 2_000]
    assert [each["edges"][0]["line"] for each in hub.imports] == [1, 10_001, 20_001]


def test_an_import_continues_where_it_was_interrupted(hub: ImportingHub, tmp_path: Path) -> None:
    rows = "".join(f"org/{number},me/soup\n" for number in range(11_000))
    file = _file(tmp_path, "edges.csv", f"parent,child\n{rows}")
    state = str(tmp_path / "state.json")
    hub.refusals = [_served, refuse(500)]
    done = _run(hub, file, "--state", state)
    assert done.exit_code == 1
    assert "when the hub answers, the same command goes on there" in done.stderr
    report = _report(hub, file, "--state", state)
    assert [len(each["edges"]) for each in hub.imports] == [1_000]
    assert (report["edges"]["added"], report["sent_before"]) == (1_000, 10_000)
    again = _run(hub, file, "--state", state)
    assert "11000 more rows had been sent before" in again.stdout
    _file(tmp_path, "edges.csv", f"parent,child\n{rows}org/new,me/soup\n")
    assert _report(hub, file, "--state", state)["edges"]["added"] == 10_001


def test_a_hub_that_goes_away_is_a_sentence_about_what_to_do(
    hub: ImportingHub, tmp_path: Path
) -> None:
    hub.refusals = [lose] * 4
    done = _run(hub, _file(tmp_path, "edges.csv", EDGES))
    assert done.exit_code == 1
    assert "the same command sends all again, which adds nothing twice" in done.stderr
    hub.refusals = [refuse(403)]
    assert "the same command" not in _run(hub, _file(tmp_path, "edges.csv", EDGES)).stderr


def test_a_file_that_cannot_be_read_is_not_followed_by_a_table_of_zeros(
    hub: ImportingHub, tmp_path: Path
) -> None:
    done = _run(hub, str(tmp_path / "nothing.csv"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nothing.csv cannot be read" in done.stderr


def _served(handler: Any) -> None:
    """An answer to a batch, of which the hub then forgets the edges."""
    none = dict.fromkeys(("added", "known", "strengthened", "weaker", "skipped"), 0)
    answer = {"edges": none, "models": {"added": 0, "changed": 0}, "skipped": [], "corrected": []}
    body(answer)(handler)


def test_a_row_that_the_hub_cannot_read_is_left_out_and_the_others_are_stored(
    hub: ImportingHub, tmp_path: Path
) -> None:
    fault = {
        "pointer": "/edges/1/parent", "detail": "is too long", "suggestion": None, "code": "x",
    }  # fmt: skip
    about = {"code": "invalid", "title": "No", "type": "/docs/problems/invalid"}
    hub.refusals = [body({"detail": "Not valid.", "errors": [fault], **about}, 422)]
    report = _report(hub, _file(tmp_path, "edges.csv", EDGES))
    assert [key[1] for key in hub.edges] == ["org/left"]
    told = [(row["line"], row["parent"], row["code"]) for row in report["skipped"]]
    assert told == [(3, "org/right", "refused")]
    assert "is too long" in report["skipped"][0]["reason"]


def test_a_batch_that_is_too_large_for_the_hub_is_sent_in_halves(
    hub: ImportingHub, tmp_path: Path
) -> None:
    hub.refusals = [refuse(413)]
    assert _report(hub, _file(tmp_path, "edges.csv", EDGES))["edges"]["added"] == 2
    assert [len(each["edges"]) for each in hub.imports] == [1, 1]


def test_a_state_file_that_is_none_is_refused(hub: ImportingHub, tmp_path: Path) -> None:
    state = _file(tmp_path, "state.json", "[1")
    done = _run(hub, _file(tmp_path, "edges.csv", EDGES), "--state", state)
    assert done.exit_code == 1
    assert "is not a state file" in done.stderr


@pytest.mark.parametrize("words", [["--name", "me/x"], ["--columns", "parent,child"]])
def test_a_name_for_several_files_is_refused(
    words: list[str], hub: ImportingHub, tmp_path: Path
) -> None:
    files = [_file(tmp_path, name, EDGES) for name in ("a.csv", "b.csv")]
    assert _run(hub, *files, *words).exit_code == (2 if words[0] == "--name" else 0)
