"""GraphML and GEXF: the edges of other programs' graphs, in bounded memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from lineage_texts import read_file, read_text

from mergehub.lineage_files.rows import Edge, Facts, Unreadable

DATA = os.environ.get("MERGEHUB_REAL_DATA")
WRITERS = {"graphml": nx.write_graphml, "gexf": nx.write_gexf}


def _graph() -> Any:
    graph = nx.DiGraph()
    graph.add_edge("org/left", "me/soup", relation="merge", weight=0.5)
    graph.add_edge("org/right", "me/soup")
    graph.add_node("org/left", licence="mit", mood="good")
    graph.add_node("org/alone")
    return graph


@pytest.mark.parametrize("kind", WRITERS)
def test_a_graph_of_networkx_is_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"graph.{kind}"
    WRITERS[kind](_graph(), path)
    read = read_file(path)
    assert [(e.parent, e.child, e.relation, e.weight) for e in read.edges] == [
        ("org/left", "me/soup", "merge", 0.5), ("org/right", "me/soup", "unknown", None),
    ]  # fmt: skip
    assert [(row.name, row.licence) for row in read.facts] == [
        ("org/left", "mit"), ("org/alone", None),
    ]  # fmt: skip
    assert [row.field for row in read.corrected] == ["mood"]


@pytest.mark.parametrize("kind", WRITERS)
def test_the_edges_of_an_undirected_graph_are_skipped(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"graph.{kind}"
    WRITERS[kind](_graph().to_undirected(), path)
    read = read_file(path)
    assert read.edges == []
    assert [code for _, code in read.codes] == ["no-direction"] * 2


def test_nodes_may_follow_their_edges_and_are_called_by_their_labels(tmp_path: Path) -> None:
    graph = """<?xml version="1.0" encoding="UTF-16"?>
    <graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://y">
    <key for="node" id="d1" yfiles.type="nodegraphics"/>
    <key for="node" id="d2" attr.name="name"/>
    <graph edgedefault="directed">
    <edge source="n1" target="n0"><data key="d9">x</data></edge>
    <node id="n0"><data key="d1"><y:ShapeNode><y:NodeLabel> me/soup
    </y:NodeLabel></y:ShapeNode></data></node>
    <node id="n1"><data key="d2">org/é &amp; co</data></node>
    </graph></graphml>"""
    read = read_text(tmp_path, "graph.graphml", graph.encode("utf-16"))
    assert read.rows == [Edge("me/soup", "org/é & co", 6, role="base")]


def test_a_label_of_an_edge_may_be_its_relation(tmp_path: Path) -> None:
    graph = """<gexf version="1.3"><graph defaultedgetype="directed">
    <attributes class="node"><attribute id="0" title="license" type="string"/></attributes>
    <nodes><node id="0" label="org/a"><attvalues><attvalue for="0" value="mit"/></attvalues></node>
    <node id="1" label="me/b"/></nodes>
    <edges><edge id="0" source="0" target="1" label="quantized"/></edges></graph></gexf>"""
    read = read_text(tmp_path, "graph", graph)
    assert read.rows == [
        Facts("org/a", 3, licence="mit"),
        Edge("me/b", "org/a", 5, relation="quantized", role="base"),
    ]


ENTITIES = '<!DOCTYPE g [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><graphml>&b;</graphml>'


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<graphml><graph>", "not well-formed"),
        ("<html><p>x</p></html>", "neither GraphML nor GEXF"),
        (ENTITIES, "declares entities"),
        ('<!DOCTYPE g SYSTEM "file:///etc/passwd"><graphml></graphml>', None),
        (f'<graphml><node id="{"a" * (3 << 20)}"/></graphml>', "a tag or a text of more than"),
        ("", "not well-formed"),
    ],
)
def test_xml_that_is_no_graph_or_wants_much_is_refused(
    content: str, why: str | None, tmp_path: Path
) -> None:
    read: Callable[[], Any] = lambda: read_text(tmp_path, "graph.graphml", content)  # noqa: E731
    if why is None:
        assert read().codes == [(None, "empty")]
    else:
        with pytest.raises(Unreadable, match=why):
            read()


@pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder of real lists")
def test_the_real_edges_are_the_same_in_every_form_of_networkx(tmp_path: Path) -> None:
    listed = read_file(Path(str(DATA)) / "lineage" / "edges.csv")
    graph = nx.DiGraph((edge.parent, edge.child) for edge in listed.edges)
    for kind, write in WRITERS.items():
        write(graph, tmp_path / f"graph.{kind}")
    forms = {
        "links": nx.node_link_data(graph, edges="links"),
        "adjacency": nx.adjacency_data(graph),
        "cytoscape": nx.cytoscape_data(graph),
        "mapping": nx.to_dict_of_lists(graph.reverse()),
    }
    for kind, form in forms.items():
        (tmp_path / f"{kind}.json").write_text(json.dumps(form))
    (tmp_path / "edges.txt").write_text("parent\tchild\n")
    with (tmp_path / "edges.txt").open("ab") as file:
        nx.write_edgelist(graph, file, data=False, delimiter="\t")
    for path in tmp_path.iterdir():
        read = read_file(path)
        assert {(parent, child) for child, parent in read.pairs} == set(graph.edges), path.name
        assert read.skipped == [], path.name
