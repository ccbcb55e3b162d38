"""`mergehub results`: files into a hub, with a report of every row; lists, exports, overlap."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from results_hub import ResultsHub
from scripted import body, lose, refuse, scripted
from taking_hub import taking

from mergehub.cli.commands.results import batches
from mergehub.cli.main import main

TABLE = "Model,ARC,MMLU\norg/a,60,50\norg/b,61,51\n"


@pytest.fixture
def hub() -> Iterator[ResultsHub]:
    with taking(ResultsHub()) as hub:
        yield hub


def _run(hub: ResultsHub, *words: str, stdin: bytes = b"") -> Result:
    base = ["--url", hub.url, "--token", "t", "results", "import"]
    return CliRunner().invoke(main, [*base, *words], input=stdin)


def _report(hub: ResultsHub, *words: str) -> dict[str, Any]:
    done = _run(hub, *words, "--json")
    assert done.stdout, done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _file(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_a_table_is_imported_and_again_without_effect(hub: ResultsHub, tmp_path: Path) -> None:
    file = _file(tmp_path, "board.csv", TABLE)
    first, second = _report(hub, file), _report(hub, file)
    assert (first["rows"], first["added"], first["repeated"], first["models_new"]) == (4, 4, 0, 2)
    assert (second["added"], second["repeated"], second["models_new"]) == (0, 4, 0)
    assert (hub.imports[0]["source"], hub.imports[0]["origin"]) == ("imported", "board.csv")


def test_a_dry_run_stores_nothing_and_shows_the_mapping(hub: ResultsHub, tmp_path: Path) -> None:
    file = _file(tmp_path, "board.csv", TABLE)
    done = _run(hub, file, "--dry-run", "--source", "community", "--origin", "my lab")
    assert done.exit_code == 0
    assert hub.rows == {}
    assert (hub.imports[0]["source"], hub.imports[0]["origin"]) == ("community", "my lab")
    for words in ("The mapping that was guessed for board.csv", "benchmark: arc", "scale: 0-100",
                  "Nothing was stored"):  # fmt: skip
        assert words in done.stdout
    mapping = _report(hub, file, "--dry-run")["mappings"]["board.csv"]
    again = _file(tmp_path, "mapping.yaml", json.dumps(mapping))
    assert _report(hub, file, "--mapping", again, "--dry-run")["added"] == 4


def test_each_refused_and_doubtful_row_is_in_the_report(hub: ResultsHub, tmp_path: Path) -> None:
    table = "Model,ARC,MMLU,refused\norg/a,n/a,5000,1\norg/b,60 / 70,50,2\n"
    report = tmp_path / "report.csv"
    done = _run(hub, _file(tmp_path, "board.csv", table), "--report", str(report))
    assert done.exit_code == 0
    lines = list(csv.DictReader(report.read_text().splitlines()))
    assert [(each["kind"], each["line"], each["model"], each["benchmark"]) for each in lines] == [
        ("refused", "2", "org/a", "MMLU"), ("refused", "2", "org/a", "refused"),
        ("refused", "3", "org/b", "refused"), ("doubtful", "3", "org/b", "ARC"),
    ]  # fmt: skip
    assert "board.csv:3" in done.stdout
    assert "several scores" in done.stdout
    assert "Refused: 3" in done.stdout


def test_folders_and_archives_are_read_file_by_file(hub: ResultsHub, tmp_path: Path) -> None:
    index = "model-index: [{name: x, results: [{dataset: {name: GSM8K}, metrics: [{value: 0.5}]}]}]"
    _file(tmp_path, "in/org/soup/README.md", f"---\n{index}\n---\n")
    _file(tmp_path, "in/org/soup/config.json", "{}")
    _file(tmp_path, "in/org/soup/.eval_results/e.yaml",
          "- {dataset: {id: cais/mmlu, task_id: mmlu}, value: 0.6}")  # fmt: skip
    _file(tmp_path, "in/.git/board.csv", TABLE)
    with zipfile.ZipFile(tmp_path / "in" / "boards.zip", "w") as archive:
        archive.writestr("one.csv", TABLE)
        archive.writestr("two.bin", b"\x00")
    report = _report(hub, str(tmp_path / "in"))
    assert (report["files"], report["added"], report["unreadable"]) == (3, 6, [])
    assert report["refused"]["count"] == 1
    assert {row["model"] for row in hub.rows.values()} == {"org/soup", "org/a", "org/b"}


def test_a_file_that_cannot_be_read_fails_the_command_and_costs_only_itself(
    hub: ResultsHub, tmp_path: Path
) -> None:
    good, bad = _file(tmp_path, "a.csv", TABLE), _file(tmp_path, "b.csv", "x,y\n1,2\n")
    done = _run(hub, bad, good)
    assert done.exit_code == 1
    assert "Not read: b.csv is not a table of results" in done.stderr
    assert len(hub.rows) == 4


def test_standard_input_is_a_file(hub: ResultsHub) -> None:
    assert _run(hub, "-", stdin=TABLE.encode()).exit_code == 0
    assert (len(hub.rows), hub.imports[0]["origin"]) == (4, "standard input")


def test_the_model_of_a_file_may_be_named(hub: ResultsHub, tmp_path: Path) -> None:
    document = {"results": {"gsm8k": {"acc,none": 0.5}}, "config": {}}
    file = _file(tmp_path, "results.json", json.dumps(document))
    assert _report(hub, file)["refused"]["count"] == 1
    assert _report(hub, file, "--model", "me/soup")["added"] == 1


@pytest.mark.parametrize("told", ["model: [", "model: Model\n"])
def test_a_mapping_that_is_wrong_stops_the_import(
    hub: ResultsHub, tmp_path: Path, told: str
) -> None:
    mapping = _file(tmp_path, "mapping.yaml", told)
    done = _run(hub, _file(tmp_path, "board.csv", TABLE), "--mapping", mapping)
    assert done.exit_code == 1
    assert "mapping.yaml: The mapping is not" in done.output
    assert hub.imports == []


def test_many_rows_go_in_batches_and_a_new_model_counts_once(
    hub: ResultsHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_ROWS", 3)
    lines = "".join(f"org/m{each % 4},{precision},60\n"
                    for precision in ("bfloat16", "4bit") for each in range(4))  # fmt: skip
    file = _file(tmp_path, "board.csv", f"Model,Precision,ARC\n{lines}")
    dry = _report(hub, file, "--dry-run")
    assert (dry["rows"], dry["added"], dry["models_new"]) == (8, 8, 4)
    report = _report(hub, file)
    assert (report["added"], report["models_new"]) == (8, 4)
    assert max(len(each["results"]) for each in hub.imports) <= 3


def test_item_scores_of_a_batch_are_bounded(
    hub: ResultsHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_ITEMS_OF_ALL", 3)
    rows = [{"model": f"org/m{each}", "benchmark": "x", "value": 0.5,
             "items": [["h", 0.0], ["i", 1.0]]} for each in range(3)]  # fmt: skip
    text = "".join(json.dumps(row) + "\n" for row in rows)
    assert _report(hub, _file(tmp_path, "rows.jsonl", text))["added"] == 3
    assert [len(each["results"]) for each in hub.imports] == [1, 1, 1]


def test_an_import_goes_on_where_it_was_interrupted(
    hub: ResultsHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_ROWS", 2)
    file, state = _file(tmp_path, "board.csv", TABLE), str(tmp_path / "state.json")
    hub.refusals = [body(_counts(2)), refuse(500)]
    stopped = _run(hub, file, "--state", state)
    assert stopped.exit_code == 1
    assert "the same command goes on there" in stopped.output
    hub.refusals.clear()
    report = _report(hub, file, "--state", state)
    assert (report["sent_before"], report["added"]) == (2, 2)
    assert _report(hub, file, "--state", state)["sent_before"] == 4
    _file(tmp_path, "board.csv", TABLE + "org/c,62,52\n")
    assert _report(hub, file, "--state", state)["sent_before"] == 0


def _counts(added: int) -> dict[str, Any]:
    nothing = {"count": 0, "items": []}
    return {
        "dry_run": False, "added": added, "repeated": 0, "replaced": 0, "skipped": nothing,
        "doubtful": nothing, "models_new": 1, "benchmarks_new": ["arc"],
    }  # fmt: skip


def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(
    hub: ResultsHub, tmp_path: Path
) -> None:
    hub.refusals = [lose]
    assert _report(hub, _file(tmp_path, "board.csv", TABLE))["added"] == 4


def test_a_batch_that_is_too_large_goes_in_halves(hub: ResultsHub, tmp_path: Path) -> None:
    hub.refusals = [refuse(413)]
    assert _report(hub, _file(tmp_path, "board.csv", TABLE))["added"] == 4
    assert [[row["place"] for row in each["results"]] for each in hub.imports] == [
        ["board.csv:2", "board.csv:2"], ["board.csv:3", "board.csv:3"],
    ]  # fmt: skip


def test_rows_that_the_hub_cannot_read_are_left_out(hub: ResultsHub, tmp_path: Path) -> None:
    fault = {
        "pointer": "/results/1/model", "detail": "must be shorter", "suggestion": None, "code": "x",
    }  # fmt: skip
    about = {"code": "invalid", "title": "No", "type": "/docs/problems/invalid"}
    hub.refusals = [body({"detail": "Not valid.", "errors": [fault], **about}, 422)]
    report = _report(hub, _file(tmp_path, "board.csv", TABLE))
    assert report["added"] == 3
    (refused,) = report["refused"]["items"]
    assert (refused["line"], refused["why"]) == (
        2, "the hub refuses the row: model: must be shorter",
    )  # fmt: skip


def test_what_the_hub_says_of_rows_is_said_of_lines(hub: ResultsHub, tmp_path: Path) -> None:
    told = [
        {"line": 4, "place": "board.csv:3", "model": "org/b", "benchmark": "mmlu",
         "why": "Another claim of the model's licence, mit, is in board.csv:2."},
        {"line": 3, "place": "board.csv:3", "model": "org/b", "benchmark": "arc",
         "why": "Another value of the same, 0.6, is in board.csv:2."},
    ]  # fmt: skip
    answer = _counts(4) | {"doubtful": {"count": 2, "items": told}}
    hub.refusals = [body(answer)]
    lines = _report(hub, _file(tmp_path, "board.csv", TABLE.replace("org/b", "org/a")))
    assert [(each["line"], each["why"]) for each in lines["doubtful"]["items"]] == [
        (3, "board.csv:2 says 0.6 of the same thing, this one 0.61"),
        (3, "board.csv:2 says 0.5 of the same thing, this one 0.51"),
        (3, "Another claim of the model's licence, mit, is in board.csv:2."),
    ]  # fmt: skip


RESULT = {
    "id": 1, "model": "org/a", "precision": "bfloat16", "benchmark": "arc", "subtask": "",
    "metric": "acc_norm", "score": {"value": 0.6, "low": None, "high": None}, "stderr": 0.01,
    "count": 1172, "shots": None, "source": "imported",
}  # fmt: skip


def test_results_are_listed_page_by_page() -> None:
    pages = [body({"items": [RESULT], "next_cursor": "c"}),
             body({"items": [RESULT], "next_cursor": None})]  # fmt: skip
    with scripted(*pages) as hub:
        words = ["results", "list", "--model", "org/a", "--source", "imported", "--history"]
        done = CliRunner().invoke(main, ["--url", hub.url, *words])
        asked = [each.path for each in hub.asked]
    assert done.exit_code == 0, done.output
    assert asked[0] == "/v1/results?model=org%2Fa&source=imported&history=true&limit=20"
    assert "limit=19&cursor=c" in asked[1]
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert lines[1].split() == ["org/a", "bfloat16", "arc", "acc_norm", "0.6000", "±0.0100",
                                "1172", "imported"]  # fmt: skip


def test_no_results_are_said_to_be_none() -> None:
    with scripted(body({"items": [], "next_cursor": None})) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "results", "list"])
    assert (done.stdout, done.stderr) == ("", "There are no such results.\n")


def test_an_export_is_written_whole(tmp_path: Path) -> None:
    out = tmp_path / "results.csv"
    with scripted(body([1])) as hub:
        words = ["results", "export", "--benchmark", "arc", "-o", str(out)]
        done = CliRunner().invoke(main, ["--url", hub.url, *words, "--json"])
        asked = hub.asked[0].path
    assert done.exit_code == 0, done.output
    assert asked == "/v1/results/export?format=csv&benchmark=arc"
    assert json.loads(done.stdout) == {"file": str(out), "bytes": out.stat().st_size}


def _overlap(*words: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["results", "overlap", *words], input=stdin)


def test_items_that_a_text_contains_are_found(tmp_path: Path) -> None:
    question = "Janet's ducks lay sixteen eggs a day and she eats three of them every morning"
    items = _file(tmp_path, "items.jsonl", "".join(
        json.dumps({"question": each}) + "\n"
        for each in (question, "How many legs has a table with three legs fewer?", "Why?")
    ))  # fmt: skip
    text = _file(tmp_path, "sample.txt", f"Once upon a time. {question.upper()}! The end.\n")
    done = _overlap("--items", items, "--text", text)
    assert done.exit_code == 0, done.output
    assert "1 of 2 items overlap with the text (50.0 %)." in done.stdout
    assert "13 words in a row" in done.stdout
    assert "Too short to be judged: 1 items." in done.stdout
    told = json.loads(_overlap("--items", items, "--text", "-", "--json",
                               stdin=Path(text).read_bytes()).stdout)  # fmt: skip
    assert (told["judged"], told["overlapping"], told["share"]) == (2, 1, 0.5)
    (found,) = told["found"]
    assert (found["item"], found["share"]) == ("line 1", 1.0)
    (span,) = found["spans"]
    sample = Path(text).read_text()
    assert sample[span["start"] : span["end"]] == question.upper()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--text", "-"], "Name the items"),
        (["--text", "-", "--task", "x"], "--tasks"),
    ],
)
def test_an_overlap_needs_items(words: list[str], why: str) -> None:
    done = _overlap(*words)
    assert done.exit_code == 2
    assert why in done.output


def test_items_without_text_are_refused(tmp_path: Path) -> None:
    items = _file(tmp_path, "items.jsonl", '{"a": "b"}\n')
    done = _overlap("--items", items, "--text", items)
    assert done.exit_code == 1
    assert "the item has no text in any of question" in done.output
    assert _overlap("--items", items, "--text", items, "--field", "a").exit_code == 0


def test_the_items_of_a_local_task_are_its_test_rows(tmp_path: Path) -> None:
    question = "one two three four five six seven eight nine"
    _file(tmp_path, "rows.jsonl", json.dumps({"question": question, "answer": "x"}) + "\n")
    _file(tmp_path, "counting.yaml", json.dumps({
        "task": "counting", "dataset_path": "json", "test_split": "test",
        "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}},
        "doc_to_text": "{{question}}", "doc_to_target": "answer", "output_type": "generate_until",
    }))  # fmt: skip
    words = ["--task", "counting", "--tasks", str(tmp_path), "--text", "-"]
    done = _overlap(*words, stdin=question.encode())
    assert "1 of 1 items overlap" in done.stdout, done.output
    missing = _overlap("--task", "no", *words[2:], stdin=b"")
    assert missing.exit_code == 1
    assert "There is no benchmark 'no'" in missing.output
