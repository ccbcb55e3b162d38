"""The tests, files and settings that the security documents name exist."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from mergehub.kit.settings.service import ServiceSettings, WorkerSettings

ROOT = Path(__file__).parents[1]
DOCUMENTS = {
    name: (ROOT / "docs" / name).read_text() for name in ("security.md", "threat-model.md")
}
SOURCES = ("shared/src/mergehub", "services/registry/src", "services/merge-worker/src")

NAMED = sorted(
    {found for text in DOCUMENTS.values() for found in re.findall(r"test_\w+::\w+", text)}
)
SETTINGS = {
    f"MERGEHUB_{name.upper()}"
    for settings in (ServiceSettings, WorkerSettings)
    for name in settings.model_fields
}


def _tests() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for folder in [ROOT / "tests", ROOT / "shared/tests", *ROOT.glob("services/*/tests")]:
        for path in folder.rglob("test_*.py"):
            text = path.read_text(encoding="utf-8")
            found[path.stem] |= set(re.findall(r"^(?:async )?def (test_\w+)\(", text, re.MULTILINE))
    return found


TESTS = _tests()


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_is_named_is_there(name: str) -> None:
    file, _, test = name.partition("::")
    assert test in TESTS[file]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_and_settings_that_are_named_are_there(document: str) -> None:
    text = DOCUMENTS[document]
    files = re.findall(r"`((?:\w+/)+\w+\.py)`", text)
    assert files
    for file in files:
        assert any((ROOT / source / file).is_file() for source in SOURCES), file
    assert set(re.findall(r"MERGEHUB_\w+", text)) <= SETTINGS


def test_every_row_of_promises_names_a_guard_and_a_test() -> None:
    rows = [line.split(" | ") for line in DOCUMENTS["security.md"].splitlines() if line[:2] == "| "]
    promises = [row for row in rows if row[0] != "| Promise"]
    assert len(promises) > 30
    for row in promises:
        assert len(row) == 3, row
        assert "::" in row[2], row
