"""Files of results that were made to do harm, or are broken."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from result_texts import Said, batches

from mergehub.contracts.results import MOST_ROWS
from mergehub.result_files import Unreadable, archives, sources
from mergehub.result_files.lm_eval import samples, tasks


def _zip(files: Iterable[tuple[str, bytes]]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return held.getvalue()


TABLE = b"Model,ARC\norg/a,60\n"


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST_UNPACKED", 1 << 20)
    monkeypatch.setattr(archives.Allowance, "__init__", lambda self: setattr(self, "left", 1 << 20))
    bomb = _zip([("a.csv", TABLE + b"\n" * (8 << 20))])
    assert len(bomb) < 1 << 16
    with pytest.raises(Unreadable, match="unpacks to more than"):
        Said(bomb, "bomb.zip")


def test_an_archive_that_lies_about_its_sizes_is_stopped_while_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives.Allowance, "__init__", lambda self: setattr(self, "left", 1 << 16))
    monkeypatch.setattr(archives, "_checked", lambda archive, name: archive.infolist())
    said = Said(_zip([("a.csv", TABLE + b"org/b,61\n" * 50_000)]), "liar.zip")
    assert "unpacks to more than" in said.refused[0][1]


def test_an_archive_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    with pytest.raises(Unreadable, match="more than 3 files"):
        Said(_zip((f"{each}.csv", TABLE) for each in range(4)), "many.zip")


def test_a_member_of_an_archive_that_cannot_be_read_costs_only_itself() -> None:
    inner = _zip([("deep.csv", TABLE)])
    said = Said(_zip([("../../a.csv", TABLE), ("b.zip", inner), ("c.bin", b"\x00\x01")]), "x.zip")
    assert said.values("model", "value") == [("org/a", 0.6)]
    assert len(said.refused) == 2


def test_a_spreadsheet_is_refused_with_what_to_do() -> None:
    with pytest.raises(Unreadable, match="save its table as CSV"):
        Said(_zip([("[Content_Types].xml", b""), ("xl/workbook.xml", b"")]), "x.xlsx")


@pytest.mark.parametrize("cut", [10, 40, -10])
def test_a_broken_archive_is_refused(cut: int) -> None:
    with pytest.raises(Unreadable, match="cannot be unpacked"):
        Said(_zip([("a.csv", TABLE)])[:cut], "broken.zip")


def test_a_stream_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LARGEST_IN_MEMORY", 10)
    with pytest.raises(Unreadable, match="more than 10 bytes"):
        Said(TABLE)


def test_a_gzipped_table_is_unpacked() -> None:
    assert Said(gzip.compress(TABLE), "x.csv.gz").row.value == 0.6


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"results": ' + "[" * 5_000 + "]" * 5_000 + ', "versions": {}}',
        "---\nmodel-index: &a [*a]\n---\n",
        "---\na: &a [x,x,x,x,x,x,x,x]\n"
        + "".join(f"b{i}: &b{i} [{','.join(['*a' if i == 0 else f'*b{i - 1}'] * 9)}]\n"
                  for i in range(9))
        + "---\n",
        "---\na: !!python/object/apply:os.system [ls]\n---\n",
    ],
)  # fmt: skip
def test_deep_and_self_containing_documents_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        Said(text, "README.md" if text.startswith("---") else "x.json")


def test_too_many_tasks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MOST_TASKS", 3)
    document = {
        "results": {f"t{each}": {"acc,none": 0.5} for each in range(5)},
        "config": {"model_args": "pretrained=a/b"},
    }
    said = Said(json.dumps(document), "x.json")
    assert len(said.rows) == 3
    assert said.refused == [(1, "2 tasks are too many: split the file")]


def test_groups_of_groups_of_groups_cost_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MOST_STEPS", 100)
    names = [f"t{each}" for each in range(50)]
    document = {
        "results": {name: {"acc,none": 0.5} for name in names}, "versions": {},
        "group_subtasks": dict.fromkeys(names, names),
        "config": {"model_args": "pretrained=a/b"},
    }  # fmt: skip
    assert len(Said(json.dumps(document), "x.json").rows) == 50


def test_groups_that_contain_themselves_end() -> None:
    document = {
        "results": {"a": {"acc,none": 0.5}, "b": {"acc,none": 0.5}},
        "group_subtasks": {"a": ["b"], "b": ["a"]}, "versions": {},
        "config": {"model_args": "pretrained=a/b"},
    }  # fmt: skip
    assert len(Said(json.dumps(document), "x.json").rows) == 2


def test_too_many_samples_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MOST_SAMPLES", 3)
    told = [{"doc_id": 0, "doc_hash": "h", "acc": 1.0}] * 4
    assert samples.gathered(told).fault == samples.TOO_MANY


def test_a_long_table_comes_in_batches() -> None:
    text = "Model,ARC\n" + "".join(f"org/m{each},60\n" for each in range(MOST_ROWS + 1))
    assert [len(each.rows) for each in batches(text)] == [MOST_ROWS, 1]


@given(st.binary(max_size=300), st.sampled_from(["x.csv", "x.json", "README.md", "a.yaml"]))
def test_no_file_makes_the_reader_fail(data: bytes, name: str) -> None:
    try:
        said = Said(data, name)
    except Unreadable:
        return
    assert all(why for _, why in [*said.refused, *said.doubtful])


plain = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda held: (
        st.lists(held, max_size=3) | st.dictionaries(st.text(max_size=8), held, max_size=3)
    ),
    max_leaves=10,
)
FIELDS = [
    "results", "versions", "config", "n-samples", "group_subtasks", "evaluation_results",
    "model_info", "model_name", "evaluation_id", "sample_id", "evaluation", "doc_id", "resps",
    "metric_config", "score_details", "columns", "data", "rows",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), plain, max_size=8))
def test_no_document_makes_the_reader_fail(document: dict[str, object]) -> None:
    try:
        said = Said(json.dumps(document), "x.json")
    except Unreadable:
        return
    assert all(why for _, why in [*said.refused, *said.doubtful])


@pytest.mark.parametrize("column", ["ARC", "score"])
def test_a_number_that_no_float_holds_costs_only_its_row(column: str) -> None:
    digits = "1" + "0" * 500
    first = f'{{"model": "org/a", "benchmark": "arc", "{column}": {digits}}}'
    second = f'{{"model": "org/b", "benchmark": "arc", "{column}": 0.6}}'
    said = Said(f"{first}\n{second}\n", "results.jsonl")
    assert said.values("model", "value") == [("org/b", 0.6)]
    assert said.refused[0][0] == 1


def test_a_cell_beyond_all_floats_is_shown_as_it_is_written() -> None:
    assert Said("Model,ARC\norg/a,1e999\norg/b,60\n").why == "1e999 is not a finite number"


def test_a_name_that_is_not_in_utf_8_is_called_so() -> None:
    said = Said("Model,ARC\norg/\xfc,60\n".encode("latin-1"))
    assert said.why == "the name is not in UTF-8"


def test_a_file_that_only_is_called_an_archive_is_not_one() -> None:
    with pytest.raises(Unreadable, match=r"^a\.zip is not a ZIP archive\.$"):
        Said(TABLE, "a.zip")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"results":\n {"arc": ', r"JSON at its beginning: it is not JSON in line 2 \("),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_broken_json_says_where_it_breaks(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        Said(text, "results.json")


def test_a_card_that_is_no_yaml_is_told_in_one_line() -> None:
    with pytest.raises(Unreadable, match=r"not valid YAML at line 2.*content\.$"):
        Said("---\nmodel-index: [\n---\n", "README.md")
