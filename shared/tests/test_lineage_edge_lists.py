"""Edge lists of strangers: whatever columns and encodings, each line is accounted for."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest
from lineage_texts import read_file, read_text

from mergehub.lineage_files.rows import Edge, Facts, Unreadable
from mergehub.lineage_files.text import LONGEST_LINE

PAIRS = [("me/soup", "org/left"), ("me/soup", "org/right")]


@pytest.mark.parametrize(
    "text",
    [
        "parent,child\norg/left,me/soup\norg/right,me/soup\n",
        "Child;Parent\nme/soup;org/left\nme/soup;org/right\n",
        "child\tparent\r\nme/soup\torg/left\r\nme/soup\torg/right\r\n",
        "base_model|model\norg/left|me/soup\norg/right|me/soup\n",
        "\ufeffParent Model,Child Model\norg/left,me/soup\norg/right,me/soup",
        "\n\ufeffparent,child\norg/left,me/soup\n\norg/right,me/soup\n",
        "# from a thesis\nparent,child\norg/left,me/soup\norg/right,me/soup\n",
        'parent,child,note\n"org/left","me/soup","a, b"\n org/right , me/soup ,"c\nd"\n',
        "source,target\norg/left,me/soup\norg/right,me/soup\n",
        "from,to\norg/left,me/soup\norg/right,me/soup\n",
    ],
)
def test_a_csv_is_read_whatever_its_columns_and_delimiter(text: str, tmp_path: Path) -> None:
    assert read_text(tmp_path, "edges.csv", text).pairs == PAIRS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_is_read_in_the_encodings_of_spreadsheets(encoding: str, tmp_path: Path) -> None:
    text = "parent,child\norg/é,me/soup\n".encode(encoding)
    assert read_text(tmp_path, "edges.csv", text).pairs == [("me/soup", "org/é")]


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    packed = gzip.compress(b"parent,child\norg/left,me/soup\n")
    assert read_text(tmp_path, "edges.csv.gz", packed).pairs == PAIRS[:1]


def test_a_csv_without_a_header_gets_its_columns_by_an_option(tmp_path: Path) -> None:
    columns = ("child", "parent")
    read = read_text(tmp_path, "edges.txt", "me/soup;org/left\nme/soup;org/right\n",
                     columns=columns)  # fmt: skip
    assert read.pairs == PAIRS


def test_without_columns_for_parent_and_child_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"its columns are: a, b.*--columns parent,child"):
        read_text(tmp_path, "edges.csv", "a,b\nx,y\n")


def test_every_column_that_an_edge_has_is_read(tmp_path: Path) -> None:
    text = (
        "parent,child,relation,role,method,weight,density,layer_range,date,url,source,license\n"
        'org/left,me/soup,merged,base,ties,"0,5",0.25,"[[0, 8], [4, 16]]",2024-03-01T10:00:00Z,'
        "https://example.org/x,thesis,mit\n"
    )
    read = read_text(tmp_path, "edges.csv", text)
    assert read.rows == [
        Edge(
            child="me/soup", parent="org/left", line=2, relation="merge", role="base",
            method="ties", weight=0.5, density=0.25, layers=((0, 8), (4, 16)),
            made_on=date(2024, 3, 1), evidence="https://example.org/x", source="thesis",
            role_stated=True,
        ),
        Facts("me/soup", 2, licence="mit"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "relation", "role"),
    [
        ("merge", "merge", "ingredient"),
        ("Fine-Tuned", "finetune", "base"),
        ("finetune", "finetune", "base"),
        ("LoRA", "adapter", "base"),
        ("quantised", "quantized", "base"),
        ("GGUF", "quantized", "base"),
        ("distillation", "distilled", "base"),
        ("base_model", "unknown", "base"),
        ("adapted_from", "unknown", "base"),
        ("", "unknown", "base"),
    ],
)
def test_the_words_of_others_for_a_relation_are_known(
    word: str, relation: str, role: str, tmp_path: Path
) -> None:
    read = read_text(tmp_path, "edges.csv", f"parent,child,relation\na/b,c/d,{word}\n")
    assert [(edge.relation, edge.role) for edge in read.edges] == [(relation, role)]
    assert read.corrected == []


def test_a_word_that_is_not_known_is_reported_and_means_unknown(tmp_path: Path) -> None:
    read = read_text(tmp_path, "edges.csv", "parent,child,relation,role\na/b,c/d,begat,boss\n")
    assert [(edge.relation, edge.role) for edge in read.edges] == [("unknown", "base")]
    assert [(row.line, row.field, row.was, row.now) for row in read.corrected] == [
        (2, "relation", "begat", "unknown"),
        (2, "role", "boss", "base"),
    ]


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    read = read_text(tmp_path, "edges.csv", "parent,child,colour,mood\na/b,c/d,red,good\n")
    assert [row.field for row in read.corrected] == ["colour", "mood"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("a/b,A/B", "self-loop"),
        ("a/b,", "bad-name"),
        (",c/d", "no-parent"),
        ("none,c/d", "bad-name"),
        ("root/.cache,c/d", "bad-name"),
        ("/home/me/model,c/d", "bad-name"),
        ("https://example.org/x,c/d", "bad-name"),
        ("https://huggingface.co/datasets/a/b,c/d", "bad-name"),
        (f"a/{'b' * 500},c/d", "bad-name"),
        ("a/\u200bb,c/d", "bad-name"),
        ("a/b,c/d,merge,more", "columns"),
    ],
)
def test_a_row_that_is_no_edge_is_skipped_with_a_reason(
    row: str, code: str, tmp_path: Path
) -> None:
    read = read_text(tmp_path, "edges.csv", f"parent,child,relation\n{row}\nx/y,c/d,merge\n")
    assert read.codes == [(2, code)]
    assert read.skipped[0].reason
    assert read.pairs == [("c/d", "x/y")]


@pytest.mark.parametrize(
    "written",
    [
        "https://huggingface.co/org/left", "huggingface.co/org/left/tree/main", "hf.co/org/left",
        "https://huggingface.co/org/left?library=x#usage", "org/left@main",
    ],
)  # fmt: skip
def test_an_address_stands_for_its_model_and_the_report_says_so(
    written: str, tmp_path: Path
) -> None:
    read = read_text(tmp_path, "edges.csv", f"parent,child\n{written},me/soup\n")
    assert read.pairs == PAIRS[:1]
    assert [(row.was, row.now) for row in read.corrected] == [(written, "org/left")]


def test_a_value_that_cannot_be_read_is_left_out_and_reported(tmp_path: Path) -> None:
    text = "parent,child,weight,layers,date\na/b,c/d,much,9-3,yesterday\n"
    read = read_text(tmp_path, "edges.csv", text)
    assert read.edges == [Edge("c/d", "a/b", 2, role="base")]
    assert [row.field for row in read.corrected] == ["weight", "layers", "made_on"]


@pytest.mark.parametrize("written", ["9999-12-31", "0001-01-01", "1900-01-00", "2024-02-30"])
def test_a_date_that_stands_for_none_is_left_out_and_reported(written: str, tmp_path: Path) -> None:
    read = read_text(tmp_path, "edges.csv", f"parent,child,date\na/b,c/d,{written}\n")
    assert [row.made_on for row in read.edges] == [None]
    assert [(row.field, row.was) for row in read.corrected] == [("made_on", written)]


def test_the_name_of_a_source_is_made_one_that_a_hub_takes(tmp_path: Path) -> None:
    read = read_text(tmp_path, "edges.csv", "parent,child,source\na/b,c/d,Table 3 (of 5)\n")
    assert read.edges[0].source == "Table-3-of-5"
    assert [(row.was, row.now) for row in read.corrected] == [("Table 3 (of 5)", "Table-3-of-5")]


@pytest.mark.parametrize("source", ["registry", "manual"])
def test_no_file_can_claim_to_be_this_hub_itself(source: str, tmp_path: Path) -> None:
    read = read_text(tmp_path, "edges.csv", f"parent,child,source\na/b,c/d,{source}\n")
    assert read.edges[0].source is None
    assert [row.was for row in read.corrected] == [source]


@pytest.mark.parametrize(
    "word", ["n/a", "N/A", "N.A.", "TBD", "tba", "scratch", "From scratch", "self", "-"]
)
def test_a_word_for_no_model_is_no_parent(word: str, tmp_path: Path) -> None:
    text = f"parent,child\n{word},me/soup\nn/a-7b,me/soup\nme/scratch,me/soup\n"
    read = read_text(tmp_path, "edges.csv", text)
    assert read.pairs == [("me/soup", "n/a-7b"), ("me/soup", "me/scratch")]
    assert read.codes == [(2, "bad-name")]
    assert read.skipped[0].reason == "the parent: there is no name here"


def test_a_line_break_in_a_quoted_name_costs_its_row_once(tmp_path: Path) -> None:
    text = 'parent,child\n"mm/a",mm/ok\n"mm/\nx",mm/p\nmm/b,mm/q\n'
    read = read_text(tmp_path, "edges.csv", text)
    assert read.pairs == [("mm/ok", "mm/a"), ("mm/q", "mm/b")]
    assert read.codes == [(3, "bad-name")]
    assert read.skipped[0].reason == "the name has a line break"


def test_a_quote_that_is_not_closed_costs_one_line(tmp_path: Path) -> None:
    rest = "".join(f"a/{number},c/d\n" for number in range(300))
    read = read_text(tmp_path, "edges.csv", f'parent,child\n"a/x,c/d\n{rest}')
    assert read.codes == [(2, "malformed")]
    assert len(read.edges) == 300
    read = read_text(tmp_path, "edges.csv", f'parent,child\n"a/x,c/d\na/y,"c/d"\n{rest}')
    assert read.codes == [(2, "malformed")]
    assert len(read.edges) == 301


def test_a_line_that_is_too_long_is_skipped_and_the_next_is_read(tmp_path: Path) -> None:
    text = f"parent,child\n{'a' * (3 * LONGEST_LINE)},c/d\na/b,c/d\n"
    read = read_text(tmp_path, "edges.csv", text)
    assert read.codes == [(2, "too-long")]
    assert read.pairs == [("c/d", "a/b")]


def test_json_lines_name_a_child_with_one_parent_or_several(tmp_path: Path) -> None:
    lines = [
        {"child": "me/soup", "parent": "org/left", "weight": 0.5, "layers": [[0, 8]]},
        {"model": "me/soup", "base_model": ["org/left", "org/right"], "relation": "merge"},
        {"name": "me/soup", "licence": "mit", "parameters": "7B", "domains": ["code"]},
    ]
    read = read_text(tmp_path, "edges.jsonl", "\n".join(map(json.dumps, lines)))
    assert read.pairs == [PAIRS[0], *PAIRS]
    assert read.edges[0].layers == ((0, 8),)
    facts = Facts("me/soup", 3, licence="mit", parameters=7 * 10**9, domains=("code",))
    assert read.facts == [facts]
    assert read.skipped == read.corrected == []


@pytest.mark.parametrize("indent", [None, 2])
def test_one_json_list_is_read_too(indent: int | None, tmp_path: Path) -> None:
    rows = [{"child": child, "parent": parent} for child, parent in PAIRS]
    assert read_text(tmp_path, "edges.json", json.dumps(rows, indent=indent)).pairs == PAIRS
    assert read_text(tmp_path, "one.json", json.dumps(rows[0], indent=2)).pairs == PAIRS[:1]


@pytest.mark.parametrize("line", ["{", "[" * 50_000 + "1", "7", '"text"', '{"a": 1} {'])
def test_a_line_that_is_not_an_object_is_skipped(line: str, tmp_path: Path) -> None:
    good = json.dumps({"child": "me/soup", "parent": "org/left"})
    read = read_text(tmp_path, "edges.jsonl", f"{good}\n{line}\n{good}\n")
    assert read.codes == [(2, "malformed")]
    assert read.pairs == [PAIRS[0], PAIRS[0]]


def test_more_parents_than_a_model_can_have_are_refused_together(tmp_path: Path) -> None:
    line = json.dumps({"child": "c/d", "parents": [f"a/{number}" for number in range(1001)]})
    assert read_text(tmp_path, "edges.jsonl", line).codes == [(1, "too-many-parents")]


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\x00broken", b"\x1f\x8b"])
def test_a_broken_archive_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be read"):
        read_text(tmp_path, "edges.csv.gz", content)


def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"nothing\.csv cannot be read"):
        read_file(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("content", "pairs"),
    [
        ("parent,child\norg/left,me/soup\n", PAIRS[:1]),
        ('{"parent": "org/left", "child": "me/soup"}\n', PAIRS[:1]),
        ("---\nbase_model: org/left\nmodel_name: me/soup\n---\n", [("README", "org/left")]),
    ],
)
def test_a_file_without_a_suffix_is_known_by_its_first_line(
    content: str, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    read = read_text(tmp_path, "README", content)
    assert [parent for _, parent in read.pairs] == [parent for _, parent in pairs]
