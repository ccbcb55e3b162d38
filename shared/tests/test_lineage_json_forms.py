"""Lineage in JSON, in the forms that programs and people give to it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from lineage_texts import read_text

from mergehub.lineage_files.rows import Edge, Facts, Unreadable
from mergehub.lineage_files.tables import json_values

PAIRS = [("me/soup", "org/left"), ("me/soup", "org/right")]
GRAPH = nx.DiGraph([("org/left", "me/soup"), ("org/right", "me/soup")])
CHILDREN = GRAPH.reverse()

FORMS: dict[str, Any] = {
    "a child and its parents": {"id": "me/soup", "base_model": ["org/left", "org/right"]},
    "parents as objects": {"child": "me/soup", "parents": [{"id": "org/left"},
                                                           {"name": "org/right"}]},
    "parents as text": {"model": "me/soup", "base_models": "org/left, org/right"},
    "parents with their relation": {
        "id": "me/soup", "base_models": {"relation": "merge", "models": [{"id": "org/left"},
                                                                         {"id": "org/right"}]}},
    "parents in fields of their own": {"child": "me/soup", "parent_1": "org/left",
                                       "parent_2": "org/right"},
    "a mapping to parents": {"me/soup": ["org/left", "org/right"]},
    "a mapping to fields": {"me/soup": {"base_model": ["org/left", "org/right"]}},
    "a mapping to weights": {"me/soup": {"org/left": 0.5, "org/right": 0.5}},
    "a list of lists": [[{"child": "me/soup", "parent": "org/left"}],
                        [{"child": "me/soup", "parent": "org/right"}]],
    "edges in a field": {"edges": [{"from": "org/left", "to": "me/soup"},
                                   {"from": "org/right", "to": "me/soup"}]},
    "rows of the viewer of datasets": {"rows": [
        {"row_idx": 0, "row": {"child": "me/soup", "parent": "org/left"}},
        {"row_idx": 1, "row": {"child": "me/soup", "parent": "org/right"}}]},
    "columns of pandas": {"parent": {"0": "org/left", "1": "org/right"},
                          "child": {"0": "me/soup", "1": "me/soup"}},
    "columns and rows of pandas": {"columns": ["parent", "child"], "index": [0, 1], "data": [
        ["org/left", "me/soup"], ["org/right", "me/soup"]]},
    "node-link data": nx.node_link_data(GRAPH, edges="links"),
    "node-link data with edges": nx.node_link_data(GRAPH, edges="edges"),
    "adjacency data": nx.adjacency_data(GRAPH),
    "elements of Cytoscape": nx.cytoscape_data(GRAPH),
    "elements in one list": {"elements": [
        {"data": {"id": "org/left"}}, {"data": {"id": "me/soup"}}, {"data": {"id": "org/right"}},
        {"data": {"source": "org/left", "target": "me/soup"}},
        {"data": {"source": "org/right", "target": "me/soup"}}]},
    "nodes by their places": {"nodes": [{"name": "org/left"}, {"name": "me/soup"},
                                        {"name": "org/right"}],
                              "links": [{"source": 0, "target": 1}, {"source": 2, "target": 1}]},
    "a graph in a field": {"graph": {"nodes": {"a": {"label": "org/left"}, "b": {
        "label": "me/soup"}, "c": {"label": "org/right"}}, "edges": [
            {"source": "a", "target": "b"}, {"source": "c", "target": "b"}]}},
    "a dict of lists": nx.to_dict_of_lists(CHILDREN),
    "a dict of dicts": nx.to_dict_of_dicts(CHILDREN),
}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_read_as_the_edges_that_it_shows(
    form: str, indent: int | None, tmp_path: Path
) -> None:
    read = read_text(tmp_path, "graph.json", json.dumps(FORMS[form], indent=indent))
    assert sorted(read.pairs) == PAIRS
    assert read.skipped == []


def test_a_tree_leads_from_each_parent_to_its_children(tmp_path: Path) -> None:
    tree = nx.DiGraph([("org/a", "me/b"), ("org/a", "me/c"), ("me/c", "me/d")])
    read = read_text(tmp_path, "tree.json", json.dumps(nx.tree_data(tree, "org/a")))
    assert {(parent, child) for child, parent in read.pairs} == set(tree.edges)
    plain = '{"name": "org/a", "children": ["me/b", {"name": "me/c", "relation": "adapter"}]}'
    read = read_text(tmp_path, "tree.json", plain)
    assert {(edge.child, edge.relation) for edge in read.edges} == {
        ("me/b", "unknown"), ("me/c", "adapter"),
    }  # fmt: skip


def test_what_is_said_of_one_parent_is_not_said_of_the_others(tmp_path: Path) -> None:
    told = {
        "child": "me/soup", "method": "ties", "date": "2024-05-01", "license": "mit",
        "parents": [{"model": "org/left", "weight": "40%", "density": 0.5},
                    {"model": "org/base", "role": "base"}, "org/right"],
    }  # fmt: skip
    read = read_text(tmp_path, "edges.jsonl", json.dumps(told))
    shared = {"child": "me/soup", "line": 1, "relation": "merge", "method": "ties",
              "made_on": date(2024, 5, 1)}  # fmt: skip
    assert read.rows == [
        Edge(parent="org/left", role="ingredient", weight=0.4, density=0.5, **shared),
        Edge(parent="org/base", role="base", role_stated=True, **shared),
        Edge(parent="org/right", role="ingredient", **shared),
        Facts("me/soup", 1, licence="mit"),
    ]


def test_attributes_of_a_graph_are_those_of_its_edges_and_models(tmp_path: Path) -> None:
    graph = nx.DiGraph()
    graph.add_node("org/left", licence="mit", mood="good")
    graph.add_node("org/alone")
    graph.add_edge("org/left", "me/soup", relation="merged from", weight=0.25, colour="red")
    read = read_text(tmp_path, "graph.json", json.dumps(nx.node_link_data(graph, edges="links")))
    # `merged from` turns it: the left was merged from the soup
    assert read.edges == [
        Edge("org/left", "me/soup", 1, relation="merge", role="ingredient", weight=0.25)
    ]
    assert read.facts == [Facts("org/left", 1, licence="mit"), Facts("org/alone")]
    assert {row.field for row in read.corrected} == {"mood", "colour"}


def test_an_edge_without_a_direction_is_skipped(tmp_path: Path) -> None:
    plain = nx.node_link_data(GRAPH.to_undirected(), edges="links")
    assert [code for _, code in read_text(tmp_path, "a.json", json.dumps(plain)).codes] == [
        "no-direction", "no-direction",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "info",
    [
        {"id": "me/soup", "tags": ["base_model:merge:org/left", "license:mit"]},
        {"modelId": "me/soup", "cardData": {"base_model": "org/left", "license": "mit",
                                            "base_model_relation": "merge"}},
        {"id": "me/soup", "card_data": {"base_model": ["org/left"], "license": "mit"}, "tags": [],
         "base_models": {"relation": "merge", "models": [{"_id": "65a", "id": "org/left"}]}},
        {"model_id": "me/soup", "tags": ["merge"], "base_model": {"name": "org/left"},
         "base_model_relation": "merge", "license": "mit"},
    ],
)  # fmt: skip
def test_information_from_the_hugging_face_hub_is_known_in_its_dialects(
    info: dict[str, Any], tmp_path: Path
) -> None:
    read = read_text(tmp_path, "models.json", json.dumps([info, info]))
    assert [(e.child, e.parent, e.relation) for e in read.edges] == [
        ("me/soup", "org/left", "merge")
    ] * 2
    assert {facts.licence for facts in read.facts} == {"mit"}


def test_values_one_after_the_other_need_no_list(tmp_path: Path) -> None:
    rows = [{"child": child, "parent": parent} for child, parent in PAIRS]
    text = "\n".join(json.dumps(row, indent=2) for row in rows)
    assert read_text(tmp_path, "edges.json", text).pairs == PAIRS


def test_pairs_need_to_be_told_which_is_the_parent(tmp_path: Path) -> None:
    text = json.dumps([[parent, child] for child, parent in PAIRS])
    read = read_text(tmp_path, "pairs.json", text)
    assert [code for _, code in read.codes] == ["no-columns", "no-columns"]
    assert "--columns parent,child" in read.skipped[0].reason
    assert read_text(tmp_path, "p.json", text, columns=("parent", "child")).pairs == PAIRS
    lines = "\n".join(json.dumps([parent, child]) for child, parent in PAIRS)
    assert read_text(tmp_path, "p.jsonl", lines, columns=("parent", "child")).pairs == PAIRS


def test_a_list_is_read_piece_by_piece_however_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_values, "LONGEST_VALUE", 1_000)
    monkeypatch.setattr(json_values, "PIECE", 10)
    monkeypatch.setattr("mergehub.lineage_files.text.BLOCK", 7)
    rows = [{"child": f"me/{n}", "parent": "org/é"} for n in range(200)]
    pairs = [(row["child"], "org/é") for row in rows]
    for indent in (None, 1):
        text = json.dumps(rows, indent=indent, ensure_ascii=False)
        assert read_text(tmp_path, "edges.json", text).pairs == pairs
    with pytest.raises(Unreadable, match="more than 1000 characters"):
        read_text(tmp_path, "edges.json", json.dumps({"edges": rows}, indent=1))


def test_a_list_that_breaks_off_says_after_how_many_values(tmp_path: Path) -> None:
    text = json.dumps([{"child": child, "parent": parent} for child, parent in PAIRS])
    with pytest.raises(Unreadable, match="after 1 values"):
        read_text(tmp_path, "edges.json", text[:-10])


@pytest.mark.parametrize("lines", [1, 300])
def test_a_file_without_json_is_refused_once(lines: int, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"graph\.json is neither .* from line 1 on: .* not JSON"):
        read_text(tmp_path, "graph.json", "\x07nonsense\n" * lines)


def test_lines_that_are_not_json_cost_no_other(tmp_path: Path) -> None:
    edge = json.dumps({"child": "me/soup", "parent": "org/left"})
    read = read_text(tmp_path, "graph.jsonl", f"x\ny\n{edge}\nz\n")
    assert read.codes == [(1, "malformed"), (2, "malformed"), (4, "malformed")]
    assert read.pairs == PAIRS[:1]


def test_openlineage_is_refused_once(tmp_path: Path) -> None:
    event = {
        "eventType": "COMPLETE", "run": {"runId": "1"}, "job": {"namespace": "a", "name": "b"},
        "inputs": [{"namespace": "a", "name": "org/left"}],
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    }  # fmt: skip
    with pytest.raises(Unreadable, match="OpenLineage events, which are not read"):
        read_text(tmp_path, "events.jsonl", f"{json.dumps(event)}\n" * 3)


@pytest.mark.parametrize(
    ("file", "text"),
    [("a.json", ""), ("a.jsonl", "\n"), ("a.json", "[]"), ("a.csv", "parent,child\n")],
)
def test_a_file_without_rows_is_reported(file: str, text: str, tmp_path: Path) -> None:
    read = read_text(tmp_path, file, text)
    assert read.codes == [(None, "empty")]
    assert read.skipped[0].reason == "the file holds no edges and no models"
