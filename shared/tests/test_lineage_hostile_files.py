"""Whatever a file holds, reading it ends soon, with rows that a hub takes or with a sentence."""

from __future__ import annotations

import gzip
import json
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mergehub.contracts.lineage_names import LONGEST
from mergehub.lineage_files import text
from mergehub.lineage_files.hugging_face import Models
from mergehub.lineage_files.model_info import rows_of_model
from mergehub.lineage_files.reading import FORMATS, File, How, read
from mergehub.lineage_files.rows import Corrected, Edge, Facts, Row, Skipped, Unreadable, body_of
from mergehub.lineage_files.words import RELATIONS

SECONDS = 5
MEMORY = 150 << 20

PIECES = [
    "parent", "child", "relation", "weight", "layers", "source", "target", "name", "base_model",
    "merge_method: ", "models:\n", "slices:\n", "- sources:\n", "  - model: ", "experts:\n",
    "layer_range: [0, 8]", "parameters: {weight: ", "org/left", "a_b", "/home/x", "./y", "x+y@z",
    "---\n", "```yaml\n", "```\n", "~~~", "https://huggingface.co/", "tags: [merge]\n", '"', "'",
    ",", ";", "\t", "|", "\n", "\r\n", "\r", "[", "]", "{", "}", ":", "#", "&a ", "*a", "<<: ",
    "\ufeff", "\0", "\u200b", "\ud7ff", "é", "1e999", "nan", "-1", "999999999999999999999", " ",
    "<graphml>", "<graph>", '<node id="a/b">', '<edge source="a/b" target="c/d"/>', "</node>",
    "<!DOCTYPE x [", "<!ENTITY a 'b'>", "&#0;", "parent_1", "weight_2", "Undirected", "merged from",
    '{"child": "', '"parent": "', '"cardData": {', '"id": "', "null", "true", "merge", "ties",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join)
contents = texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=300)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(PIECES) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["id", "tags", "cardData", "baseModels", "models", "relation", "base_model",
                         "license", "config", "safetensors", "total", "createdAt", "architectures",
                         "base_model_relation"]), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


def _name(kind: str) -> str | None:
    return "me/soup" if kind == "recipe" else None


def _rows(content: bytes, kind: str) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        try:
            return list(read(File(path), How(kind, name=_name(kind))))
        except Unreadable:
            return []


def _check(rows: list[Row]) -> None:
    """Every row is one that a hub takes, or says why there is none."""
    for row in rows:
        if isinstance(row, Edge | Facts):
            json.dumps(body_of(row), allow_nan=False).encode()
            names = [row.child, row.parent] if isinstance(row, Edge) else [row.name]
            assert all(0 < len(name) <= LONGEST for name in names)
            assert all(name.isprintable() and name == name.strip() for name in names)
        else:
            assert isinstance(row, Skipped | Corrected)
            assert row.reason
        if isinstance(row, Edge):
            assert row.child.lower() != row.parent.lower()
            assert row.relation in RELATIONS
            assert row.role in ("base", "ingredient")


@pytest.mark.parametrize("kind", FORMATS)
def test_any_file_is_read_or_refused(kind: str) -> None:
    @given(contents)
    @example(b"")
    @example(b"\xff\xfe")
    @example(b"\x1f\x8b\x08")
    def check(content: bytes) -> None:
        _check(_rows(content, kind))

    check()


@given(st.dictionaries(st.text(max_size=3), anything, max_size=3), anything)
def test_any_information_about_a_model_is_read_or_reported(
    more: dict[str, object], told: object
) -> None:
    info = {"id": "me/soup", "tags": told, **more}
    _check(list(rows_of_model(info | told if isinstance(told, dict) else info)))


KEYS = [
    "nodes", "links", "edges", "elements", "data", "source", "target", "id", "name", "label",
    "adjacency", "children", "child", "parent", "parents", "parent_1", "parent_2", "models", "rows",
    "columns", "directed", "weight", "weights", "relation", "a/b", "c/d", "tags", "cardData", "row",
]  # fmt: skip
documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["a/b", "c/d", "x", "", "0.5"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(documents, st.booleans())
def test_any_json_is_read_or_reported(document: object, as_lines: bool) -> None:
    """Nothing is lost in silence: what gives no edge and no fact gives a reason."""
    text = json.dumps(document, indent=None if as_lines else 1)
    rows = _rows(text.encode(), "json")
    _check(rows)
    if isinstance(document, dict) and {"child", "parent"} <= document.keys():
        assert rows


LONG = 1_000_000
ATTACKS = {
    "names": ("card", "a/" * LONG),
    "dashes": ("card", "---\n" + "-" * LONG),
    "fences": ("card", "```\n" * (LONG // 4)),
    "recipes": ("card", "merge_method: x\n" * (LONG // 16)),
    "addresses": ("card", "huggingface.co/a/b " * (LONG // 19)),
    "spaces": ("card", "models" + " " * LONG + ":\nmerge_method: x"),
    "aliases": ("card", "merge_method: x\nparameters:\n  a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"  {here}: &{here} [{','.join([f'*{before}'] * 9)}]\n"
        for before, here in pairwise("abcdefghi")) + "models: *i\n"),
    "deep": ("json", "[" * LONG),
    "number": ("json", '{"child": "a/b", "parent": "c/d", "weight": ' + "9" * LONG + "}"),
    "quotes": ("csv", "parent,child\n" + '"a\n' * (LONG // 40)),
    "columns": ("csv", "parent,child" + "," * LONG),
    "commas": ("csv", "parent,child\n" + "," * LONG),
    "comments": ("csv", "#\n" * LONG),
    "lines": ("csv", "parent,child\n" + "\n" * LONG),
    "parents": ("json", json.dumps({"child": "a/b", "parents": ["c/d"] * (LONG // 10)})),
    "models": ("recipe", "merge_method: linear\nmodels:\n" + "- model: a/b\n" * 15_000),
    "in vain": ("csv", "parent,child\n" + "x\n" * (LONG // 20)),
    "numbered": ("csv", ",".join(f"parent{n}" for n in range(1, 99)) + "\n" + "a/b," * LONG),
    "mapping": ("json", json.dumps({f"a/{n}": [f"b/{n}"] for n in range(LONG // 20)})),
    "wrapped": ("json", '{"edges":' * 50_000),
    "tree": ("json", '{"name":"a/b","children":[' * 30_000),
    "lists": ("json", "[" + "[]," * (LONG // 40)),
    "links": ("json", json.dumps({"nodes": [], "links": [{"source": 0}] * (LONG // 20)})),
    "concatenated": ("json", "{}" * (LONG // 40)),
    "nodes": ("graph", "<graphml><graph>" + '<node id="x"/>' * (LONG // 14)),
    "tags": ("graph", "<graphml>" + "<a>" * (LONG // 3)),
    "text": ("graph", "<graphml><key id='k' attr.name='x'/><node><data key='k'>" + "x\n" * LONG),
    "quoted": ("card", ">" * LONG + "\nmerge_method: x"),
    "marks": ("card", "<pre" * (LONG // 4) + "\nmerge_method: x"),
    "comments before": ("card", "<!--" * (LONG // 4)),
    "ranges": ("csv", "parent,child,layers\na/b,c/d,\"" + "[[0,1]," * 15_000 + '"\n'),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_file_that_wants_much_time_or_memory_gets_little(attack: str) -> None:
    kind, attacking = ATTACKS[attack]
    content = attacking.encode()
    begun = time.process_time()
    _rows(content, kind)
    assert time.process_time() - begun < SECONDS
    tracemalloc.start()
    _rows(content[: LONG // 4], kind)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MEMORY


def test_a_packed_file_of_blank_lines_is_read_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "edges.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"parent,child\n")
        for _ in range(64):
            file.write(b"\n" * (1 << 20))
        file.write(b"a/b,c/d\n")
    begun = time.process_time()
    (edge,) = read(File(path), How())
    assert time.process_time() - begun < SECONDS
    assert isinstance(edge, Edge)
    assert edge.line == (64 << 20) + 2


def test_after_very_many_rows_at_the_beginning_that_are_none_the_rest_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mergehub.lineage_files.reading.MOST_IN_VAIN", 10)
    path = tmp_path / "edges.csv"
    path.write_text("parent,child\n" + "x,\n" * 9 + "a/b,c/d\n" + "x,\n" * 20)
    assert len(list(read(File(path), How()))) == 30
    path.write_text("parent,child\n" + "x,\n" * 10 + "a/b,c/d\n")
    with pytest.raises(Unreadable, match=r"first 10 rows.*line 11"):
        list(read(File(path), How()))


def test_a_large_list_takes_memory_for_a_line_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "edges.csv"
    with path.open("w") as file:
        file.write("parent,child,relation\n")
        file.writelines(f"org/{n % 97},me/model-{n},finetune\n" for n in range(15_000))
    rows: Iterator[Row] = read(File(path), How())
    tracemalloc.start()
    assert sum(isinstance(row, Edge) for row in rows) == 15_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 400 << 10  # less than the file has


@given(st.text(max_size=60) | st.sampled_from([
    "https://huggingface.co.evil.example/", "https://huggingface.co@evil.example/", "http://[",
    "https://huggingface.co/api/models?cursor=x",
]))  # fmt: skip
def test_any_state_is_an_address_of_the_same_hub_or_refused(at: str) -> None:
    if at and not at.startswith("https://huggingface.co/"):
        with pytest.raises(Unreadable, match="another server"):
            Models("https://huggingface.co", at=at)
    else:
        Models("https://huggingface.co", at=at or None)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_without_an_end_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LONGEST_FILE", 8 << 20)
    with pytest.raises(Unreadable):
        list(read(File(Path("/dev/zero")), How(kind, name=_name(kind))))
