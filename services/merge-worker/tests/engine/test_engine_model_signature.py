"""OpenSSF signatures of models as `mergehub verify` checks them, beside the statement."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from merge_worker.provenance.checking import check_folder
from merge_worker.provenance.faults import Verdict
from merge_worker.provenance.model_signature import sign_model
from merge_worker.provenance.statement import SHELL, attesting
from mergehub.attestation.keys import (
    elliptic_public_key,
    new_elliptic_key,
    new_key,
    signing_key,
)

KEY, PRIVATE = signing_key(new_key()), new_elliptic_key()
PUBLIC, OTHER = elliptic_public_key(PRIVATE), elliptic_public_key(new_elliptic_key())
SIGNATURE = "model.sig"


@pytest.fixture(scope="module")
def model(workshop_class: type[Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed model, which tests must leave as it is."""
    workshop = workshop_class(tmp_path_factory.mktemp("signed"))
    workshop.model("a", workshop.llama(0, layers=1, vocabulary=8, hidden=4))
    recipe = {"merge_method": "linear", "models": [{"model": "./a", "parameters": {"weight": 1}}]}
    folder = workshop.merge(recipe, "out", attest=attesting(KEY, SHELL)).folder
    (workshop.folder / "key.pem").write_text(PRIVATE)
    sign_model(folder, workshop.folder / "key.pem")
    return Path(folder)


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "copy"))


def checked(folder: Path, key: str | None = PUBLIC) -> Verdict:
    return check_folder(folder, [KEY.public], key)


def faults(verdict: Verdict) -> dict[str, str]:
    return {each.file: each.fault for each in verdict.faults}


def test_a_signature_that_holds_is_no_fault(model: Path) -> None:
    verdict = checked(model)
    assert (verdict.model_signature, verdict.faults) == ("holds", ())


def test_each_file_that_differs_from_the_signature_is_named_by_it(copy: Path) -> None:
    (copy / "recipe.yml").write_text("mine")
    (copy / "config.json").unlink()
    (copy / "more").mkdir()
    (copy / "more" / "code.py").write_text("")
    verdict = checked(copy)
    assert verdict.model_signature == "fails"
    named = {"recipe.yml": "changed", "config.json": "missing", "more/code.py": "additional"}
    assert faults(verdict).items() >= named.items()
    for fault in verdict.faults:
        if fault.file in named:
            assert "model.sig" in fault.detail  # beside what the statement says


def test_the_statement_is_signed_too(copy: Path) -> None:
    (copy / "provenance.intoto.jsonl").unlink()
    detail = next(e.detail for e in checked(copy).faults if e.file == "provenance.intoto.jsonl")
    assert "model.sig names it" in detail


@pytest.mark.parametrize("key", [OTHER, None])
def test_a_signature_by_a_key_that_is_not_trusted_is_a_fault(model: Path, key: str | None) -> None:
    assert faults(checked(model, key)) == {SIGNATURE: "not trusted"}


def _bit(text: str) -> str:
    return ("B" if text[0] == "A" else "A") + text[1:]


@pytest.mark.parametrize("place", [("payload",), ("signatures", 0, "sig")])
def test_a_changed_signature_is_named(copy: Path, place: tuple[Any, ...]) -> None:
    whole = json.loads((copy / SIGNATURE).read_text())
    at = whole["dsseEnvelope"]
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = at[place[-1]][:40] + _bit(at[place[-1]][40:])
    (copy / SIGNATURE).write_text(json.dumps(whole, separators=(",", ":")))
    assert faults(checked(copy)) == {SIGNATURE: "changed"}


@pytest.mark.parametrize("text", [b"", b"{}", b"[" * 100_000, b"\xff", b"null"])
def test_a_signature_that_is_nonsense_is_a_fault_and_no_crash(
    copy: Path, text: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    (copy / SIGNATURE).write_bytes(text)
    assert faults(checked(copy)) == {SIGNATURE: "changed"}
    assert capfd.readouterr().out == ""


def test_without_the_package_a_sentence_says_how_to_check_it(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "model_signing.signing", None)
    verdict = checked(model)
    assert (verdict.model_signature, verdict.faults) == ("not checked", ())
    assert "pip install 'mergehub-worker[model-signing]'" in (verdict.model_signature_reason or "")


def test_a_model_without_a_signature_needs_no_package(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy / SIGNATURE).unlink()
    monkeypatch.setitem(sys.modules, "model_signing.signing", None)
    verdict = checked(copy)
    assert (verdict.model_signature, verdict.faults) == ("none", ())
