"""No folder holds too many source files, and the documentation names each folder and file."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tools import file_page

ROOT = Path(__file__).parents[1]
MOST = 15
METHODS = "services/merge-worker/src/merge_worker/engine/methods"
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def folders() -> Counter[str]:
    """The number of source files of each folder, without tests and migrations."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, text=True, capture_output=True, check=True
    ).stdout.split()
    sources = [Path(each) for each in listed if "tests" not in Path(each).parts]
    return Counter(str(each.parent) for each in sources if "versions" not in each.parts)


@pytest.mark.process
def test_no_folder_holds_more_files_than_one_can_see_at_a_glance() -> None:
    crowded = {each: count for each, count in folders().items() if count > MOST}
    assert crowded.keys() <= {METHODS}, crowded


@pytest.mark.parametrize("folder", sorted(each for each in folders() if "/src/" in each))
def test_the_map_names_every_folder(folder: str) -> None:
    package = folder.partition("/src/")[2]
    within = package.partition("/")[2] or package
    assert f"`{within}`" in MAP or f"`{package}`" in MAP or f"/{package}`" in MAP


def test_the_page_of_all_files_is_current() -> None:
    assert (ROOT / file_page.PAGE).read_text(encoding="utf-8") == file_page.page()


def test_every_file_says_what_it_holds() -> None:
    assert "|  |" not in file_page.page()


def test_the_page_lists_files_wherever_the_repository_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_page, "ROOT", tmp_path / "api")
    package = tmp_path / "api" / "shared" / "src" / "mergehub"
    for folder in (package, package / "client" / "api"):
        folder.mkdir(parents=True)
        (folder / "one.py").write_text('"""Holds one thing."""\n')
    assert file_page.page().count("| `one.py` | Holds one thing. |") == 1
