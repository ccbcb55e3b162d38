"""`mergehub lineage import` into a real hub: what the files say is what the hub answers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import networkx
import pytest
from click.testing import CliRunner, Result
from running import RunningHub, eventually

from mergehub.cli.main import main
from mergehub.lineage_files.reading import File, How, read
from mergehub.lineage_files.rows import Edge, Skipped

DATA = os.environ.get("MERGEHUB_REAL_DATA")
real = pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder of real lists")

EDGES = """\
parent,child,relation
import/Base,import/left,finetune
import/base,import/right,finetune
import/left,import/soup,merge
import/right,import/soup,merge
import/soup,import/base,merge
import/soup,import/SOUP,merge
"""
CARD = """\
---
license: mit
---

```yaml
merge_method: linear
models:
- {model: import/left, parameters: {weight: 0.25}}
- {model: import/right, parameters: {weight: 0.75}}
```
"""


@pytest.fixture
def mergehub(hub: RunningHub) -> Any:
    def mergehub(*arguments: str) -> Result:
        words = ["--url", hub.url, "--token", hub.token, "lineage", *arguments]
        return CliRunner().invoke(main, words, catch_exceptions=False)

    return mergehub


def _report(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _await_line(mergehub: Any, model: str, line: str) -> None:
    """Wait until a model's tree has a line: answers follow what was stored a moment later."""
    eventually(lambda: line in mergehub(model).stdout or None)


def test_an_edge_list_and_a_card_are_imported_once_and_cycles_are_reported(
    mergehub: Any, tmp_path: Path
) -> None:
    edges = tmp_path / "edges.csv"
    edges.write_text(EDGES)
    dry = _report(mergehub("import", str(edges), "--dry-run", "--json"))
    assert mergehub("import/soup").exit_code == 1
    report = _report(mergehub("import", str(edges), "--json"))
    assert report | {"dry_run": True} == dry
    assert report["edges"] == {
        "added": 4, "known": 0, "strengthened": 0, "weaker": 0, "skipped": 2,
    }  # fmt: skip
    assert [(row["line"], row["code"]) for row in report["skipped"]] == [
        (7, "self-loop"), (6, "cycle"),
    ]  # fmt: skip
    assert [(row["line"], row["was"], row["now"]) for row in report["corrected"]] == [
        (3, "import/base", "import/Base"), (6, "import/base", "import/Base"),
    ]  # fmt: skip
    again = _report(mergehub("import", str(edges), "--json"))
    assert (again["edges"]["added"], again["edges"]["known"]) == (0, 4)

    card = tmp_path / "import__soup.md"
    card.write_text(CARD)
    stronger = _report(mergehub("import", str(card), "--json"))
    assert stronger["edges"]["strengthened"] == 2
    _await_line(mergehub, "import/soup", "import/left (merge by linear, weight 0.25)")


def test_every_question_of_the_shell_is_answered(mergehub: Any, tmp_path: Path) -> None:
    edges = tmp_path / "edges.csv"
    edges.write_text(EDGES.replace("import/", "asked/"))
    _report(mergehub("import", str(edges), "--json"))
    shown = json.loads(mergehub("show", "asked/soup", "--json").stdout)
    assert {each["name"] for each in shown["parents"]["items"]} == {"asked/left", "asked/right"}
    path = mergehub("path", "asked/left", "asked/right", "--any").stdout.splitlines()
    assert sorted(path) == [
        "asked/left ← asked/Base → asked/right", "asked/left → asked/soup ← asked/right",
    ]  # fmt: skip
    common = json.loads(mergehub("common", "asked/left", "asked/right", "--json").stdout)
    assert common["nearest"]["name"] == "asked/Base"
    walk = json.loads(
        mergehub("descendants", "asked/base", "--relation", "finetune", "--json").stdout
    )
    assert {each["name"] for each in walk["nodes"]} == {"asked/Base", "asked/left", "asked/right"}
    for kind in ("bases", "ingredients", "methods", "risers", "pairs"):
        done = mergehub("stats", kind, "--base", "asked/base", "--json")
        assert isinstance(json.loads(done.stdout), list), done.output


@pytest.mark.parametrize("kind", ["csv", "jsonl", "graphml"])
def test_an_export_of_a_hub_is_imported_without_a_change(
    kind: str, mergehub: Any, tmp_path: Path
) -> None:
    edges = tmp_path / "edges.csv"
    edges.write_text(EDGES.replace("import/", "exported/"))
    _report(mergehub("import", str(edges), "--json"))
    card = tmp_path / "exported__soup.md"
    card.write_text(CARD.replace("import/", "exported/").replace("0.25", "0.123456789012"))
    _report(mergehub("import", str(card), "--json"))
    _await_line(mergehub, "exported/soup", "exported/left (merge by linear, weight 0.123457)")
    file = tmp_path / f"graph.{kind}"
    done = mergehub("export", "exported/base", "--format", kind, "-o", str(file))
    assert done.exit_code == 0, done.output
    report = _report(mergehub("import", str(file), "--json"))
    nothing = {"added": 0, "strengthened": 0, "weaker": 0, "skipped": 0}
    assert report["edges"] == nothing | {"known": 4}
    assert report["models"] == {"added": 0, "changed": 0}


@real
def test_the_real_list_and_cards_are_answered_as_networkx_answers(
    mergehub: Any, hub: RunningHub
) -> None:
    edges, cards = Path(str(DATA)) / "lineage" / "edges.csv", Path(str(DATA)) / "cards"
    report = _report(mergehub("import", str(edges), "--json"))
    assert report["edges"]["added"] + report["edges"]["known"] == 1209
    rows = list(read(File(edges), How()))
    assert len([row for row in rows if isinstance(row, Edge | Skipped)]) == 1212
    graph = networkx.DiGraph()
    for row in rows:
        if isinstance(row, Edge):
            graph.add_edge(row.parent.lower(), row.child.lower())
    with hub.client() as client:
        for name in sorted(graph)[::40]:
            model = client.model(name)["id"]
            for way, answer in (("ancestors", networkx.ancestors),
                                ("descendants", networkx.descendants)):  # fmt: skip
                walk = client.get(f"/v1/models/{model}/{way}", limit=2000)
                found = {node["name"].lower() for node in walk["nodes"]} - {name}
                assert found == answer(graph, name), f"{way} of {name}"
    report = _report(mergehub("import", str(cards), "--json"))
    assert report["files"] == 35
    assert report["unreadable"] == []
    assert report["edges"]["added"] + report["edges"]["strengthened"] > 90
    told = {row["file"] for row in report["skipped"]}
    assert {"Iambe-20B-DARE.md", "psyonic-cetacean-20B.md"} <= told
