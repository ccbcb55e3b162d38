"""One graph in every dialect of CSV gives the same edges."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lineage_texts import read_text

from mergehub.lineage_files.rows import Edge, Unreadable

HEADERS = [
    ("parent", "child"), ("source", "target"), ("Base Model", "Fine-tuned Model"), ("from", "to"),
    ("BASE_MODEL_ID", "model_id"), ("parent-model", "Child Name"), ("src", "dst"),
    ("merged from", "Merge"), (":START_ID", ":END_ID"), ("Source Node", "Target Node"),
    ("base_model_name_or_path", "repo_id"),
]  # fmt: skip
names = st.from_regex(r"[a-z0-9]{1,6}/[A-Za-z0-9][A-Za-z0-9._-]{0,8}[a-z0-9]", fullmatch=True)
weights = st.none() | st.floats(0, 1, width=16)
edges = st.lists(st.tuples(names, names, weights), min_size=1, max_size=8).filter(
    lambda rows: all(child.lower() != parent.lower() for child, parent, _ in rows)
)


@given(
    rows=edges,
    header=st.sampled_from(HEADERS),
    order=st.permutations(range(4)),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    case=st.sampled_from([str, str.upper, str.title]),
    between=st.sampled_from(["", "\n", "# a comment, with words\n", "   \n\n"]),
    packed=st.booleans(),
)
def test_every_dialect_gives_the_same_edges(
    rows: list[tuple[str, str, float | None]],
    header: tuple[str, str],
    order: list[int],
    delimiter: str,
    quoting: Any,
    line_end: str,
    encoding: str,
    case: Any,
    between: str,
    packed: bool,
) -> None:
    written = [[*map(case, header), "weight", "words"]]
    for child, parent, weight in rows:
        written.append([parent, child, "" if weight is None else repr(weight), 'a "b"\nc'])
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    for row in written:
        text.write(between)
        writer.writerow([row[place] for place in order])
    content = text.getvalue().replace("\n", line_end).encode(encoding)
    with tempfile.TemporaryDirectory() as folder:
        read = read_text(Path(folder), "list", gzip.compress(content) if packed else content)
    assert [(edge.child, edge.parent, edge.weight) for edge in read.edges] == rows
    assert read.skipped == []


@pytest.mark.parametrize(
    "text",
    [
        "merge,model_1,model_2,weight_1,weight_2\nme/soup,org/left,org/right,0.4,60%\n",
        "merge,Parent A,Parent B,Weight A,Weight B\nme/soup,org/left,org/right,0.4,0.6\n",
        'model,parents,weights\nme/soup,"org/left, org/right","0.4, 0.6"\n',
        "model\tparents\tweights\nme/soup\torg/left;org/right\t[0.4, 0.6]\n",
        "model,parents,weights\nme/soup,\"['org/left', 'org/right']\",0.4;0.6\n",
        'model,parents\nme/soup,"{""org/left"": 0.4, ""org/right"": 0.6}"\n',
        "child,parent,weight,parent_2,weight_2\nme/soup,org/left,0.4,org/right,0.6\n",
        "# by networkx\nparent child weight\norg/left me/soup 0.4\norg/right me/soup 0.6\n",
    ],
)
def test_a_row_may_name_several_parents_each_with_its_weight(text: str, tmp_path: Path) -> None:
    read = read_text(tmp_path, "merges.csv", text)
    assert [(edge.child, edge.parent, edge.weight) for edge in read.edges] == [
        ("me/soup", "org/left", 0.4), ("me/soup", "org/right", 0.6),
    ]  # fmt: skip
    assert read.skipped == read.corrected == []


def test_one_weight_holds_for_every_parent_of_its_row(tmp_path: Path) -> None:
    text = 'child;parents;weight\nme/soup;"org/left,org/right";0,5\n'
    assert [edge.weight for edge in read_text(tmp_path, "a.csv", text).edges] == [0.5, 0.5]


def test_a_table_of_gephi_is_read_and_its_edges_without_direction_are_skipped(
    tmp_path: Path,
) -> None:
    text = (
        "Source,Target,Type,Id,Label,timeset,Weight\norg/left,me/soup,Directed,0,,,1.0\n"
        "org/right,me/soup,Undirected,1,,,1.0\n"
    )
    read = read_text(tmp_path, "edges.csv", text)
    assert read.edges == [Edge("me/soup", "org/left", 2, role="base", weight=1.0)]
    assert read.codes == [(3, "no-direction")]
    assert [row.field for row in read.corrected] == ["parent"]


@pytest.mark.parametrize(
    ("word", "turned"),
    [("finetuned from", True), ("based_on", True), ("child of", True), ("adapter-of", True),
     ("finetune", False), ("parent_of", False), ("base_model", False), ("", False)],
)  # fmt: skip
def test_between_two_ends_the_word_says_who_is_the_parent(
    word: str, turned: bool, tmp_path: Path
) -> None:
    read = read_text(tmp_path, "edges.csv", f"source,target,type\na/b,c/d,{word}\n")
    assert read.pairs == [("a/b", "c/d") if turned else ("c/d", "a/b")]
    read = read_text(tmp_path, "edges.csv", f"parent,child,type\na/b,c/d,{word}\n")
    assert read.pairs == [("c/d", "a/b")]


def test_an_export_of_a_dataset_of_models_is_read_by_its_tags(tmp_path: Path) -> None:
    text = (
        "modelId,createdAt,tags,downloads\n"
        "me/soup,2024-01-02T00:00:00Z,\"['merge', 'base_model:merge:org/left']\",7\n"
    )
    read = read_text(tmp_path, "models.csv", text)
    assert [(e.child, e.parent, e.relation) for e in read.edges] == [
        ("me/soup", "org/left", "merge")
    ]


def test_a_list_without_a_header_is_refused_with_the_option_that_it_needs(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"already a row.*--columns child,parent"):
        read_text(tmp_path, "edges.csv", "org/left,me/soup\norg/right,me/soup\n")
    for delimiter in ",;\t| ":
        text = f"org/left{delimiter}me/soup\n"
        read = read_text(tmp_path, "edges.csv", text, columns=("parent", "child"))
        assert read.pairs == [("me/soup", "org/left")]


def test_columns_that_are_given_count_instead_of_those_of_the_header(tmp_path: Path) -> None:
    text = "source,target\nme/soup,org/left\n"
    read = read_text(tmp_path, "edges.csv", text, columns=("child", "parent"))
    assert read.pairs == [("me/soup", "org/left")]
    assert [(row.was, row.now) for row in read.corrected] == [("source,target", "child,parent")]


@pytest.mark.parametrize(
    ("start", "why"),
    [(b"PK\x03\x04", "ZIP"), (b"PAR1", "Parquet"), (b"BZh9", "bzip2"), (b"SQLite format 3", "CSV")],
)
def test_a_file_for_another_program_is_refused_with_what_to_do(
    start: bytes, why: str, tmp_path: Path
) -> None:
    with pytest.raises(Unreadable, match=why):
        read_text(tmp_path, "edges.csv", start + b"\0" * 100)
