"""An export of the graph as CSV, JSON Lines or GraphML can be imported."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from lineage.exports.comma_separated import CommaSeparated
from lineage.exports.graphml import GraphMl
from lineage.exports.json_lines import JsonLines
from lineage.exports.records import Format, Model, Parent
from mergehub.lineage_files.reading import File, How, read
from mergehub.lineage_files.rows import Edge, Facts, Skipped

LEFT = Parent(
    place=1, id=UUID(int=1), name="org/left", relation="merge", role="base", role_stated=True,
    method="ties", weight=0.5, density=0.25, layers=[[0, 8], [4, 12]], child_digest="sha256:a",
    parent_digest=None, recipe_version=UUID(int=3), run=UUID(int=4), source="thesis",
    confidence=40, evidence='a, "b"', made_on=date(2024, 1, 2),
    learned_at=datetime(2024, 1, 3, tzinfo=UTC),
)  # fmt: skip
SOUP = Model(
    place=0, id=UUID(int=2), name="me/soup", kind="merge", architecture="llama", parameters=7,
    tokenizer=None, licence="mit", domains=["code"], made_on=date(2024, 1, 2), children=3,
    flagged=True, parents=[LEFT],
)  # fmt: skip


def _rows(kind: Format, folder: Path) -> list[object]:
    file = folder / f"graph.{kind.suffix}"
    file.write_text(kind.begin() + kind.model(SOUP) + kind.end(), newline="")
    return list(read(File(file), How()))


def _edge(line: int) -> Edge:
    return Edge(
        child="me/soup", parent="org/left", line=line, relation="merge", role="base",
        method="ties", weight=0.5, density=0.25, layers=((0, 8), (4, 12)),
        child_digest="sha256:a", made_on=date(2024, 1, 2), evidence='a, "b"', source="thesis",
        role_stated=True,
    )  # fmt: skip


def test_csv_is_read_back(tmp_path: Path) -> None:
    assert _rows(CommaSeparated(), tmp_path) == [_edge(2)]


def test_a_role_that_nobody_has_stated_is_not_stated_by_an_export(tmp_path: Path) -> None:
    assumed = replace(LEFT, role="ingredient", role_stated=False)
    file = tmp_path / "graph.csv"
    kind = CommaSeparated()
    file.write_text(kind.begin() + kind.model(replace(SOUP, parents=[assumed])), newline="")
    [edge] = read(File(file), How())
    assert isinstance(edge, Edge)
    assert not edge.role_stated


def test_json_lines_are_read_back_with_facts(tmp_path: Path) -> None:
    facts = Facts(
        "me/soup", 1, architecture="llama", parameters=7, licence="mit", domains=("code",),
        made_on=date(2024, 1, 2),
    )  # fmt: skip
    assert _rows(JsonLines(), tmp_path) == [facts, _edge(2)]


def test_graphml_is_read_back_with_facts(tmp_path: Path) -> None:
    left = Model(
        place=1, id=LEFT.id, name=LEFT.name, kind="original", architecture=None, parameters=None,
        tokenizer=None, licence=None, domains=[], made_on=None, children=1, flagged=False,
        parents=[],
    )  # fmt: skip
    soup = Model(**{**vars(SOUP), "domains": ["code", "role play"]})
    kind = GraphMl()
    file = tmp_path / "graph.graphml"
    file.write_text(kind.begin() + kind.model(soup) + kind.model(left) + kind.end())
    facts, edge = read(File(file), How())
    assert facts == Facts(
        "me/soup", facts.line, architecture="llama", parameters=7, licence="mit",
        domains=("code", "role play"), made_on=date(2024, 1, 2),
    )  # fmt: skip
    assert edge == _edge(edge.line or 0)
    file.write_text(kind.begin() + kind.model(soup) + kind.end())
    skipped = [row for row in read(File(file), How()) if isinstance(row, Skipped)]
    assert [row.code for row in skipped] == ["no-node"]


@pytest.mark.parametrize("name", ["a\0b/c", "x,y/z", 'q"r/s'])
def test_a_strange_name_breaks_no_line(name: str, tmp_path: Path) -> None:
    strange = Model(**{**vars(SOUP), "name": name})
    file = tmp_path / "graph.csv"
    kind = CommaSeparated()
    file.write_text(kind.begin() + kind.model(strange) + kind.model(SOUP), newline="")
    edges = [row for row in read(File(file), How()) if isinstance(row, Edge)]
    assert edges[-1] == _edge(3)
    assert edges[0].child == name.replace("\0", "")
