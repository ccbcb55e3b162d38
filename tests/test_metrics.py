"""The page of metrics, the dashboards and the alerts name what the programs really expose."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from exposed import exposed, families, series

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "metrics.md").read_text()
ROW = re.compile(r"^\| `(mergehub_\w+)` \| (\w+) \| (.*?) \| (.+) \|$", re.MULTILINE)
LABEL = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)
OF_THE_FORMAT = {"le"}
OF_PROMETHEUS = {"job", "instance", "service"}  # `service`: if one hub serves all
DASHBOARDS = sorted((ROOT / "deploy" / "grafana").glob("*.json"))
OURS = re.compile(r"\bmergehub_\w+")


@pytest.fixture(scope="module")
async def texts(
    database_of: Any, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("data")
    async with exposed(await database_of("metrics"), redis_url, folder) as texts:
        yield texts


def documented() -> dict[str, tuple[str, set[str]]]:
    """The type and the labels of each metric, as the page has them."""
    rows = ROW.findall(PAGE)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels, _ in rows}


def test_the_page_lists_every_metric_with_its_type_and_labels(texts: dict[str, str]) -> None:
    found = {}
    for family in families(texts).values():
        if not family.name.endswith("_created"):  # when a series began, which libraries add
            labels = {label for sample in family.samples for label in sample.labels}
            name = family.name + "_total" * (family.type == "counter")
            found[name] = family.type, labels - OF_THE_FORMAT
    assert documented() == found


def test_the_page_explains_every_label() -> None:
    used = {label for _, labels in documented().values() for label in labels}
    assert {name for name, _ in LABEL.findall(PAGE.partition("## Labels")[2])} == used


def test_a_background_process_counts_what_its_sweeper_does(texts: dict[str, str]) -> None:
    assert "mergehub_leases_lapsed_total" in series({"": texts["registry-background"]})


def expressions(dashboard: Path) -> list[str]:
    """The expressions of a dashboard's panels, with Grafana's variable as a duration."""
    panels = json.loads(dashboard.read_text())["panels"]
    found = [target["expr"] for panel in panels for target in panel["targets"]]
    return [each.replace("$__rate_interval", "5m") for each in found]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_asks_only_for_what_programs_expose(
    dashboard: Path, texts: dict[str, str]
) -> None:
    known = series(texts)
    labels = {label for _, each in documented().values() for label in each}
    for expression in expressions(dashboard):
        promql_parser.parse(expression)
        assert OURS.findall(expression)
        assert set(OURS.findall(expression)) <= known
        grouped = re.findall(r"\b(?:by|on) \(([^)]*)\)", expression)
        named = {label.strip() for each in grouped for label in each.split(",")}
        assert named <= labels | OF_PROMETHEUS | OF_THE_FORMAT


def test_dashboards_have_ids_of_their_own_and_no_two_panels_overlap() -> None:
    boards = [json.loads(path.read_text()) for path in DASHBOARDS]
    assert {board["uid"] for board in boards} == {f"mergehub-{path.stem}" for path in DASHBOARDS}
    for board in boards:
        places = [panel["gridPos"] for panel in board["panels"]]
        cells = [
            (x, y)
            for at in places
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        ]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24
        assert [panel["id"] for panel in board["panels"]] == list(range(1, len(places) + 1))


def test_every_metric_is_on_a_dashboard() -> None:
    shown = {
        name for path in DASHBOARDS for each in expressions(path) for name in OURS.findall(each)
    }
    shown |= {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    assert documented().keys() <= shown
