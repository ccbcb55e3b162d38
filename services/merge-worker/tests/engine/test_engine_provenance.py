"""The statement of a merge, and what is found if a file of the model was tampered with."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from google.protobuf.json_format import Parse, ParseDict
from hypothesis import example, given, settings
from hypothesis import strategies as st
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.v1.statement import Statement as ReferenceStatement
from in_toto_attestation.v1.statement_pb2 import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from merge_worker.engine import digest_of_folder
from merge_worker.provenance.checking import check_folder
from merge_worker.provenance.faults import Verdict
from merge_worker.provenance.statement import WORKER, attesting
from mergehub.attestation.keys import new_key, signing_key
from mergehub.recipe.lock import Lock

KEY, OTHER = signing_key(new_key()), signing_key(new_key())
RUN = UUID("01936f3e-7d5a-7c3e-8a11-5a4f0c2b9d10")
STATEMENT, LOCK = "provenance.intoto.jsonl", "mergehub.lock.json"


def made(workshop: Any, out: str, **options: Any) -> Path:
    recipe = {
        "merge_method": "linear",
        "models": [{"model": f"./{name}", "parameters": {"weight": 0.5}} for name in ("a", "b")],
    }
    return workshop.merge(recipe, out, seed=2**53 + 1, **options).folder


@pytest.fixture(scope="module")
def workshop(workshop_class: type[Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    workshop = workshop_class(tmp_path_factory.mktemp("provenance"))
    for seed, name in enumerate("ab"):
        workshop.model(name, workshop.llama(seed, layers=1, vocabulary=8, hidden=4))
    return workshop


@pytest.fixture(scope="module")
def model(workshop: Any) -> Path:
    """A model with its statement, which tests must leave as it is."""
    return made(workshop, "out", attest=attesting(KEY, WORKER, RUN))


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "copy"))


def envelope(folder: Path) -> dict[str, Any]:
    (line,) = (folder / STATEMENT).read_text().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def payload(folder: Path) -> bytes:
    return base64.b64decode(envelope(folder)["payload"])


def faults(folder: Path, **keys: Any) -> dict[str, str]:
    verdict = check_folder(folder, keys.get("keys", [KEY.public]))
    return {each.file: each.fault for each in verdict.faults}


def files(folder: Path) -> Iterator[str]:
    return (path.name for path in sorted(folder.iterdir()))


def test_a_model_is_as_its_statement_says(model: Path) -> None:
    verdict = check_folder(model, [OTHER.public, KEY.public])
    assert verdict == Verdict(
        key=KEY.public.id,
        run=str(RUN),
        finished=verdict.finished,
        files=len(list(files(model))) - 1,
        output_digest=digest_of_folder(model),
        faults=(),
    )


def test_the_statement_names_every_file_and_all_that_was_read(model: Path) -> None:
    statement = json.loads(payload(model))
    assert {each["name"]: each["digest"]["sha256"] for each in statement["subject"]} == {
        name: hashlib.sha256((model / name).read_bytes()).hexdigest()
        for name in files(model)
        if name != STATEMENT
    }
    lock = Lock.model_validate_json((model / LOCK).read_bytes())
    definition = statement["predicate"]["buildDefinition"]
    assert {
        (each["annotations"]["ingredient"], each["name"], each["digest"]["sha256"])
        for each in definition["resolvedDependencies"]
    } == {
        (str(part.ref), f"{part.ref}/{name}", file.sha256)
        for part in lock.ingredients
        for name, file in part.files.items()
    }
    assert definition["externalParameters"]["recipe"]["merge_method"] == "linear"
    assert definition["externalParameters"]["seed"] == "9007199254740993"


def test_the_reference_libraries_of_dsse_in_toto_and_slsa_accept_it(model: Path) -> None:
    read = Envelope.from_dict(envelope(model))
    raw = KEY.public.pem.encode()
    read.verify([_reference_key(raw)], threshold=1)
    with pytest.raises(VerificationError):
        read.verify([_reference_key(OTHER.public.pem.encode(), KEY.public.id)], threshold=1)
    statement = Parse(read.payload, Statement())  # refuses fields that it does not know
    ReferenceStatement.copy_from_pb(statement).validate()
    predicate = json.loads(read.payload)["predicate"]
    provenance = ParseDict(predicate, Provenance())
    assert provenance.run_details.metadata.invocation_id == f"urn:uuid:{RUN}"
    assert provenance.run_details.builder.id == WORKER


def _reference_key(pem: bytes, keyid: str = KEY.public.id) -> SSlibKey:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return SSlibKey.from_crypto(load_pem_public_key(pem), keyid)


def test_only_times_and_signature_differ_between_two_merges(workshop: Any, model: Path) -> None:
    again = made(workshop, "again", attest=attesting(OTHER, WORKER, RUN))
    both = [json.loads(payload(folder)) for folder in (model, again)]
    for each in both:
        for time in ("startedOn", "finishedOn"):
            del each["predicate"]["runDetails"]["metadata"][time]
    assert both[0] == both[1]


def test_the_model_is_the_same_without_a_statement(workshop: Any, model: Path) -> None:
    plain = made(workshop, "plain")
    assert {*files(model)} - {*files(plain)} == {STATEMENT}
    assert all((plain / name).read_bytes() == (model / name).read_bytes() for name in files(plain))
    assert faults(plain) == {STATEMENT: "missing"}


@settings(max_examples=max(1, settings().max_examples // 5))  # each tries every file
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@example(place=0.0, bit=0)
@example(place=1 - 2**-53, bit=0)
def test_a_byte_flipped_in_any_file_of_a_model_is_found_in_that_file(
    model: Path, place: float, bit: int
) -> None:
    """The weights, the configuration, the lock, the statement and all else, one after the other."""
    for name in files(model):
        path = model / name
        content = path.read_bytes()
        flipped = bytearray(content)
        flipped[int(place * len(content))] ^= 1 << bit
        path.write_bytes(flipped)
        try:
            found = faults(model)
        finally:
            path.write_bytes(content)
        assert name in found
        if name != STATEMENT:  # which says what the others should be
            assert found.keys() <= {name, "manifest.json", "model.safetensors"}


def test_a_changed_tensor_is_named(copy: Path) -> None:
    path = copy / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    (fault,) = check_folder(copy, [KEY.public]).faults
    assert (fault.file, fault.fault) == ("model.safetensors", "changed")
    assert "Tensors that are not those of manifest.json: model.norm.weight." in fault.detail


def test_a_changed_digest_in_the_lock_names_the_file_of_the_ingredient(copy: Path) -> None:
    lock = json.loads((copy / LOCK).read_text())
    lock["ingredients"][1]["files"]["config.json"]["sha256"] = "0" * 64
    (copy / LOCK).write_text(json.dumps(lock))
    (fault,) = check_folder(copy, [KEY.public]).faults
    assert (fault.file, fault.fault) == (LOCK, "changed")
    assert "in what the merge read: ./b/config.json." in fault.detail


def test_missing_and_additional_files_are_named(copy: Path) -> None:
    (copy / "recipe.yml").unlink()
    (copy / "more").mkdir()
    (copy / "more" / "code.py").write_text("")
    (copy / "link").symlink_to("/")
    assert faults(copy) == {
        "recipe.yml": "missing", "more/code.py": "additional", "link": "additional",
    }  # fmt: skip


def test_a_link_or_a_pipe_in_the_place_of_a_file_is_not_taken_for_it(copy: Path) -> None:
    import os

    (copy / "recipe.yml").unlink()
    os.mkfifo(copy / "recipe.yml")
    assert faults(copy) == {"recipe.yml": "unreadable"}


def test_a_statement_of_an_unknown_key_is_not_trusted(model: Path) -> None:
    assert faults(model, keys=[OTHER.public]) == {STATEMENT: "not trusted"}
    assert faults(model, keys=[]) == {STATEMENT: "not trusted"}


def _without_signature(one: dict[str, Any]) -> None:
    one["signatures"] = []


def _of_another_type(one: dict[str, Any]) -> None:
    one["payloadType"] = "text/plain"


def _more(one: dict[str, Any]) -> None:
    one["more"] = 1


def _signed_by_another(one: dict[str, Any]) -> None:
    one["signatures"][0]["sig"] = base64.b64encode(OTHER.sign(b"")).decode()


@pytest.mark.parametrize(
    "change", [_without_signature, _of_another_type, _more, _signed_by_another]
)
def test_a_forged_envelope_is_refused(copy: Path, change: Callable[[dict[str, Any]], None]) -> None:
    forged = envelope(copy)
    change(forged)
    (copy / STATEMENT).write_text(json.dumps(forged, separators=(",", ":")) + "\n")
    assert faults(copy) == {STATEMENT: "changed"}


@pytest.mark.parametrize("text", [b"", b"[" * 100_000, b"\xff", b"{}", b"null"])
def test_a_statement_that_is_nonsense_is_a_fault_and_no_crash(copy: Path, text: bytes) -> None:
    (copy / STATEMENT).write_bytes(text)
    assert faults(copy) == {STATEMENT: "changed"}


def test_a_statement_of_an_earlier_attempt_does_not_stay(workshop: Any, model: Path) -> None:
    partial = workshop.folder / "later.partial"
    partial.mkdir()
    shutil.copy(model / STATEMENT, partial / STATEMENT)
    assert not (made(workshop, "later") / STATEMENT).exists()
