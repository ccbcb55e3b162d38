"""The page of metrics and the dashboards name what the programs really expose."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from exposed import exposed, families, series

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "metrics.md").read_text()
ROW = re.compile(r"^\| `(mergehub_\w+)` \| (\w+) \| (.*?) \| (.+) \|$", re.MULTILINE)
LABEL = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)
OF_THE_FORMAT = {"le"}


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
