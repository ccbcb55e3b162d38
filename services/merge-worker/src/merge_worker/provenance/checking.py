"""Checks a model's folder by the statement in it: signature, files, lock and tensors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from merge_worker.engine import EngineError
from merge_worker.engine.files.reading import read_small
from merge_worker.engine.output.output_files import LOCK, STATEMENT
from mergehub.attestation.envelope import BadEnvelope, Envelope, opened
from mergehub.attestation.keys import PublicKey
from mergehub.attestation.statement import Resource, Statement, statement_in
from mergehub.recipe.lock import Lock

from .faults import Fault, Verdict, listing
from .files import Digests, file_faults
from .signed_model import check_signature
from .statement import dependencies
from .tensors import tensor_faults


def check_folder(folder: Path, keys: Sequence[PublicKey], model_key: str | None = None) -> Verdict:
    """Whether a folder holds what its statement says, signed with one of the keys, and what its
    OpenSSF signature says, if there is one, signed with `model_key` (PEM).

    If the signature does not hold, the files are compared with the statement all the same, so that
    each difference is named.

    Raises:
        EngineError: the folder cannot be looked through.
    """
    digests = Digests(folder)
    envelope, faults = _envelope(folder)
    signer = None
    if envelope:
        signer, unsigned = _signer(envelope, keys)
        faults += unsigned
    statement = _statement(envelope, faults) if envelope else None
    if statement:
        faults += file_faults(
            folder, {each.name: each.sha256 or "" for each in statement.subject}, digests
        )
        faults += _lock_faults(folder, statement)
    digest, others = tensor_faults(folder, statement.output_digest if statement else None)
    signed = check_signature(folder, model_key, digests)
    metadata = statement.predicate.run_details.metadata if statement else None
    return Verdict(
        key=signer.id if signer else None,
        run=_run(metadata.invocation_id) if metadata else None,
        finished=metadata.finished_on.isoformat() if metadata else None,
        files=len(statement.subject) if statement else 0,
        output_digest=digest,
        faults=tuple(_joined([*faults, *others, *signed.faults])),
        model_signature=signed.state,
        model_signature_reason=signed.reason,
    )


def _envelope(folder: Path) -> tuple[Envelope | None, list[Fault]]:
    path = folder / STATEMENT
    if not path.is_file():
        said = "The folder has no statement of provenance, so nothing says how its files were made."
        return None, [Fault(STATEMENT, "missing", said)]
    try:
        return opened(read_small(path)), []
    except EngineError as error:
        return None, [Fault(STATEMENT, "unreadable", f"{error}.")]
    except BadEnvelope as error:
        return None, [Fault(STATEMENT, "changed", str(error))]


def _signer(envelope: Envelope, keys: Sequence[PublicKey]) -> tuple[PublicKey | None, list[Fault]]:
    """The key that signed; a fault if it is not one of these, or the signature does not hold."""
    for key in keys:
        if key.id == envelope.key:
            if envelope.signed_by(key):
                return key, []
            said = f"The signature of key {key.id} does not hold: the statement was changed."
            return None, [Fault(STATEMENT, "changed", said)]
    known = listing(key.id for key in keys) or "none"
    said = f"It names the key {envelope.key!r} as its signer. The keys that you trust: {known}."
    return None, [Fault(STATEMENT, "not trusted", said)]


def _statement(envelope: Envelope, faults: list[Fault]) -> Statement | None:
    try:
        return statement_in(envelope.payload)
    except ValueError:
        said = "It is not a statement of a merge by a recipe, so it says nothing of the files."
        faults.append(Fault(STATEMENT, "unreadable", said))
        return None


def _lock_faults(folder: Path, statement: Statement) -> Iterator[Fault]:
    """Yield a fault if the lock names other files than the statement does."""
    try:
        lock = Lock.model_validate_json(read_small(folder / LOCK))
    except (EngineError, ValidationError):
        yield Fault(LOCK, "changed", "It cannot be read as a lock.")
        return
    before = _by_name(statement.predicate.build_definition.resolved_dependencies)
    now = _by_name(dependencies(lock))
    if different := sorted(n for n in before.keys() | now.keys() if before.get(n) != now.get(n)):
        said = f"It differs from the statement in what the merge read: {listing(different)}."
        yield Fault(LOCK, "changed", said)


def _by_name(resources: Iterable[Resource]) -> Mapping[str, list[object]]:
    found: dict[str, list[object]] = {}
    for each in resources:
        found.setdefault(each.name, []).append((each.digest, each.annotations))
    return found


def _joined(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Yield one fault for each file, with all that is said of it."""
    by_file: dict[str, list[Fault]] = {}
    for fault in faults:
        by_file.setdefault(fault.file, []).append(fault)
    for file, each in sorted(by_file.items()):
        yield Fault(file, each[0].fault, " ".join(fault.detail for fault in each))


def _run(invocation: str | None) -> str | None:
    return invocation.removeprefix("urn:uuid:") if invocation else None
