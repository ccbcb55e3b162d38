"""Exports are read back by readers of other people, whatever the models are called."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st
from published_openlineage import check, facets
from tries import tries
from when_used import when_used

from lineage.exports.formats import FORMATS, FormatName, written
from lineage.exports.records import Model, Parent
from mergehub.openlineage import JOB_FACET, LINEAGE_FACET, VERSION_FACET

nx = when_used("networkx")

HUB = "https://hub.example.org"
SPACE = UUID(int=7)
fast = settings(max_examples=tries(15), deadline=None, derandomize=True)

HOSTILE = (
    '"; DROP TABLE models; --',
    "</data></node><node id='x'>",
    '=HYPERLINK("http://evil","click")',
    "-2+3",
    "@cmd",
    "\\",
    'a\\"',
    "line\nbreak\r\nand tab\t",
    'm0["fake"] --> m1',
    "#35;#quot;",
    "%% comment",
    "]]>&amp;",
    "\x01\x0b\ufffe",
    "模型/Ünïcode😀",
    "end",
    " ",
)
names = st.sampled_from(HOSTILE) | st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30
)


def parent_of(child: str, place: int, name: str, **facts: object) -> Parent:
    known: dict[str, object] = {
        "relation": "merge",
        "role": "ingredient",
        "role_stated": True,
        "method": "ties",
        "weight": 0.5,
        "density": None,
        "layers": None,
        "child_digest": None,
        "parent_digest": None,
        "recipe_version": None,
        "run": None,
        "source": "merge-card",
        "confidence": 80,
        "evidence": None,
        "made_on": date(2024, 5, 6),
        "learned_at": None,
    }
    return Parent(place, uuid5(SPACE, str(place)), name, **(known | facts))  # type: ignore[arg-type]


def model_of(place: int, name: str, parents: Sequence[Parent] = ()) -> Model:
    return Model(
        place,
        uuid5(SPACE, str(place)),
        name,
        kind=parents[0].relation if parents else "original",
        architecture="LlamaForCausalLM",
        parameters=None if place else 7_000_000_000,
        tokenizer=None,
        licence="apache-2.0" if place % 2 else None,
        domains=["code", "maths"] if place % 2 else [],
        made_on=None,
        children=place,
        flagged=bool(place % 3),
        parents=parents,
    )


@st.composite
def exports(draw: st.DrawFn) -> list[Model]:
    called = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    models = []
    for place, name in enumerate(called):
        above = draw(st.lists(st.integers(0, max(place - 1, 0)), unique=True, max_size=place))
        facts = {
            "relation": draw(st.sampled_from(["merge", "finetune"])),
            "method": draw(st.none() | names),
            "weight": draw(st.none() | st.floats(-2, 2)),
            "layers": draw(st.sampled_from([None, [[0, 12], [20, 30]]])),
            "evidence": draw(st.none() | names),
            "parent_digest": draw(st.sampled_from([None, "sha256:p"])),
        }
        parents = [parent_of(name, each, called[each], **facts) for each in above]
        models.append(model_of(place, name, parents))
    return models


def text_of(models: Sequence[Model], format: FormatName) -> str:
    return "".join(written(FORMATS[format](HUB), models))


def edges_of(models: Sequence[Model]) -> list[tuple[str, str]]:
    return [(parent.name, model.name) for model in models for parent in model.parents]


def in_xml(text: str) -> str:
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


@given(models=exports())
@fast
def test_networkx_reads_the_graphml(models):
    graph = nx.read_graphml(io.BytesIO(text_of(models, "graphml").encode()))
    assert {
        (data["name"], data["kind"], data["children"], data["flagged"], data.get("parameters"))
        for _, data in graph.nodes(data=True)
    } == {(in_xml(m.name), m.kind, m.children, m.flagged, m.parameters) for m in models}
    called = nx.get_node_attributes(graph, "name")
    found = [(called[p], called[c], d.get("weight")) for p, c, d in graph.edges(data=True)]
    told = [(in_xml(p.name), in_xml(m.name), p.weight) for m in models for p in m.parents]
    assert sorted(found, key=repr) == sorted(told, key=repr)
    ranges = {d.get("layers") for *_, d in graph.edges(data=True)}
    assert ranges <= {None, "0-12 20-30"}


@given(models=exports())
@fast
def test_csv_has_a_row_for_each_edge_and_no_formula(models):
    rows = list(csv.DictReader(io.StringIO(text_of(models, "csv"), newline="")))
    assert [(row["parent"].removeprefix("'"), row["child"].removeprefix("'")) for row in rows] == [
        (parent.removeprefix("'"), child.removeprefix("'")) for parent, child in edges_of(models)
    ]
    for row, parent in zip(rows, (p for m in models for p in m.parents), strict=True):
        assert (float(row["weight"]) if row["weight"] else None) == parent.weight
        assert (json.loads(row["layers"]) if row["layers"] else None) == parent.layers
        texts = [cell for field, cell in row.items() if field not in ("weight", "density")]
        assert not [cell for cell in texts if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(models=exports())
@fast
def test_json_lines_have_models_and_edges(models):
    rows = [json.loads(line) for line in text_of(models, "jsonl").split("\n")[:-1]]
    assert [row["name"] for row in rows if "name" in row] == [model.name for model in models]
    assert [(r["parent"], r["child"]) for r in rows if "child" in r] == edges_of(models)
    assert all(value is not None for row in rows for value in row.values())


QUOTED = r'"(?:[^"\\\n]|\\.)*"'
DOT_NODE = re.compile(rf"  ({QUOTED}) \[label=({QUOTED}), class={QUOTED}\];")
DOT_EDGE = re.compile(rf"  ({QUOTED}) -> ({QUOTED}) \[label={QUOTED}\];")


def unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text[1:-1])


@given(models=exports())
@fast
def test_every_statement_of_dot_is_a_node_or_an_edge(models):
    first, *statements, last, end = text_of(models, "dot").split("\n")
    assert (first, last, end) == ("digraph lineage {", "}", "")
    nodes = {unquoted(f[1]): unquoted(f[2]) for f in map(DOT_NODE.fullmatch, statements) if f}
    edges = [tuple(map(unquoted, f.groups())) for f in map(DOT_EDGE.fullmatch, statements) if f]
    assert len(nodes) + len(edges) == len(statements) - 2  # the drawing's direction, and the shape
    assert list(nodes.values()) == [m.name.replace("\r", " ") for m in models]
    assert [(nodes[parent], nodes[child]) for parent, child in edges] == [
        (parent.replace("\r", " "), child.replace("\r", " ")) for parent, child in edges_of(models)
    ]


MERMAID_TEXT = r'"((?:[A-Za-z0-9 ._/:+-]|#\d+;)*)"'
MERMAID_NODE = re.compile(rf"  (m\d+)\[{MERMAID_TEXT}\]")
MERMAID_EDGE = re.compile(rf"  (m\d+) -->\|{MERMAID_TEXT}\| (m\d+)")


def decoded(text: str) -> str:
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


@given(models=exports())
@fast
def test_every_line_of_mermaid_is_a_node_or_an_edge(models):
    first, *lines, end = text_of(models, "mermaid").split("\n")
    assert (first, end) == ("flowchart LR", "")
    nodes = {f[1]: decoded(f[2]) for f in map(MERMAID_NODE.fullmatch, lines) if f}
    edges = [(f[1], f[3]) for f in map(MERMAID_EDGE.fullmatch, lines) if f]
    assert len(nodes) + len(edges) == len(lines)
    assert list(nodes.values()) == [model.name for model in models]
    assert [(nodes[parent], nodes[child]) for parent, child in edges] == edges_of(models)


RUN, VERSION = UUID(int=1), UUID(int=2)
WHEN = datetime.fromisoformat("2026-11-29T12:00:00+00:00")
MERGED = [
    parent_of("soup", 0, "base", role="base", weight=None, parent_digest="sha256:b"),
    parent_of("soup", 1, "maths"),
]
ON_HUB = [
    parent_of("c", 2, "soup", run=RUN, recipe_version=VERSION, learned_at=WHEN, child_digest="d")
]
TUNED = [parent_of("t", 0, "base", relation="finetune", method=None, weight=None)]
STORY = [
    model_of(0, "base"),
    model_of(1, "maths"),
    model_of(2, "soup", MERGED),
    model_of(3, "made on the hub", ON_HUB),
    model_of(4, "tuned", TUNED),
]


def story() -> list[dict]:
    return [json.loads(line) for line in text_of(STORY, "openlineage").splitlines()]


def test_each_merge_is_a_run_with_a_start_and_an_end():
    runs = [event for event in story() if "run" in event]
    told = [
        (
            event["eventType"],
            event["job"]["name"],
            [dataset["name"] for dataset in event["inputs"]],
            [dataset["name"] for dataset in event["outputs"]],
        )
        for event in runs
    ]
    on_hub = f"recipe/{VERSION}"
    assert told == [
        ("START", "merge/soup", ["base", "maths"], ["soup"]),
        ("COMPLETE", "merge/soup", ["base", "maths"], ["soup"]),
        ("START", on_hub, ["soup"], ["made on the hub"]),
        ("COMPLETE", on_hub, ["soup"], ["made on the hub"]),
    ]
    first, second, *hub = [event["run"]["runId"] for event in runs]
    assert first == second
    assert hub == [str(RUN)] * 2
    assert [event["eventTime"] for event in runs[1:3]] == [
        "2024-05-06T00:00:00+00:00",
        "2026-11-29T12:00:00+00:00",
    ]


def test_parents_are_in_the_lineage_facet_of_merges_and_of_others():
    *_, last = story()
    facet = last["dataset"]["facets"]["lineage"]
    assert facet["_schemaURL"] == LINEAGE_FACET
    assert [(each["name"], each["type"]) for each in facet["inputs"]] == [("base", "DATASET")]
    [merged] = story()[1]["outputs"]
    assert [each["transformations"] for each in merged["facets"]["lineage"]["inputs"]] == [
        [{"type": "DIRECT", "subtype": "MERGE", "description": "ties as base"}],
        [{"type": "DIRECT", "subtype": "MERGE", "description": "ties as ingredient, weight 0.5"}],
    ]


def test_events_are_as_openlineage_publishes_them():
    used = []
    for event in story():
        check(event)
        used += [facet["_schemaURL"] for facet in facets(event)]
    of_jobs, of_parents, of_contents = 4, 3, 4
    assert Counter(used) == {
        JOB_FACET: of_jobs,
        LINEAGE_FACET: of_parents,
        VERSION_FACET: of_contents,
    }


@given(models=exports())
@fast
def test_hostile_names_make_valid_events(models):
    for line in text_of(models, "openlineage").splitlines():
        check(json.loads(line))
