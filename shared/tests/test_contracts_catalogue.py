"""The catalogue of events describes every type correctly."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergehub.contracts.event_samples import catalogue
from mergehub.contracts.events import TYPES
from tools import event_page


def test_every_type_is_described() -> None:
    assert list(catalogue.SUMMARIES) == list(TYPES)


def test_names_are_hierarchical_words() -> None:
    for name in TYPES:
        assert all(part.isidentifier() for part in name.split("."))


@pytest.mark.parametrize("name", TYPES)
def test_page_shows_the_type_with_its_fields(name: str) -> None:
    section = catalogue.page().split(f"\n## {name}\n")[1].split("\n## ")[0]
    assert f'"type": "{name}"' in section
    for field in TYPES[name].model_fields:
        assert f"| `{field}` |" in section


def test_page_that_is_behind_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "events.md"
    arguments = ["--page", str(page)]
    assert event_page.main(["--check", *arguments]) == 1
    assert event_page.main(["--write", *arguments]) == 0
    assert event_page.main(["--check", *arguments]) == 0
    page.write_text("old")
    assert event_page.main(["--check", *arguments]) == 1


def test_page_of_the_documentation_is_current() -> None:
    assert (Path(__file__).parents[2] / event_page.PAGE).read_text() == catalogue.page()
