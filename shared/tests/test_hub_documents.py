"""The OpenAPI documents for clients are up to date, and breaks are declared."""

from __future__ import annotations

from pathlib import Path

import applications
import pytest

from mergehub import __version__
from tools import openapi_documents as documents
from tools.openapi_breaks import Document, operations

TOLD = applications.documents()


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command's arguments for a folder and a changelog of the test."""
    monkeypatch.setattr(documents, "documents", lambda: TOLD)
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("# Changelog\n\n## [Unreleased]\n\n### Changed\n\n")
    folder = tmp_path / "openapi"
    assert documents.main(["--write", "--folder", str(folder)]) == 0
    return ["--folder", str(folder), "--changelog", str(changelog)]


def _kept(arguments: list[str], version: str, told: dict[str, Document]) -> None:
    documents.write(Path(arguments[1]) / "released" / version, told)


def _with_soup() -> dict[str, Document]:
    soup = {"operationId": "read_soup", "responses": {}}
    paths = {**TOLD["lineage"]["paths"], "/v1/soup": {"get": soup}}
    return TOLD | {"lineage": {**TOLD["lineage"], "paths": paths}}


def test_the_documents_of_the_repository_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert documents.main(["--check"]) == 0


def test_a_document_that_is_behind_is_noticed(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert documents.main(["--check", *arguments]) == 0
    (Path(arguments[1]) / "lineage.json").write_text("{}")
    assert documents.main(["--check", *arguments]) == 1
    assert "lineage.json is out of date" in capsys.readouterr().err


def test_a_break_is_noticed_until_the_changelog_declares_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _kept(arguments, "0.0.9", _with_soup())
    assert documents.main(["--check", *arguments]) == 1
    assert documents.main(["--keep", *arguments]) == 1
    told = capsys.readouterr().err
    assert "read_soup breaks clients of 0.0.9: it is gone" in told
    assert "`read_soup`" in told
    with Path(arguments[3]).open("a") as changelog:
        changelog.write("- **Breaking**: `read_soup` is gone; cook it yourself.\n")
    assert documents.main(["--check", *arguments]) == 0


def test_what_is_kept_is_what_the_next_version_is_compared_with(arguments: list[str]) -> None:
    assert documents.main(["--keep", *arguments]) == 0
    version, kept = documents.last_release(Path(arguments[1])) or ("", {})
    assert (version, kept) == (__version__, TOLD)
    for older in ("0.0.10", "0.0.9"):
        _kept(arguments, older, _with_soup())
    assert documents.main(["--check", *arguments]) == 0


def test_a_service_that_is_gone_breaks_all_of_its_clients(arguments: list[str]) -> None:
    _kept(arguments, "0.1.0", {"canteen": TOLD["lineage"]})
    told = documents.undeclared(Path(arguments[1]), TOLD, Path(arguments[3]))
    gone = {line.partition(" ")[0] for line in told if line.endswith(": it is gone")}
    assert gone == set(operations(TOLD["lineage"]))
