"""`mergehub verify FOLDER`: checks a model by the statement in its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import click

from merge_worker.engine import EngineError
from merge_worker.engine.output.output_files import SIGNATURE
from merge_worker.provenance.checking import check_folder
from merge_worker.provenance.faults import Verdict
from mergehub.attestation.keys import LONGEST, BadKey, PublicKey, elliptic_key_in, public_keys
from mergehub.attestation.own import known_elliptic_key, known_key
from mergehub.cli.json_option import show_json
from mergehub.recipe.faults import printable
from mergehub.variables import BadVariable

T = TypeVar("T")

TO_TRUST = (
    "If you trust the signer, give their public key with --key: `mergehub keys` prints it on their "
    "machine, `mergehub keys --hub` prints those of a hub's workers."
)


def verify_folder(folder: Path, files: Sequence[Path], model_key: Path | None, raw: bool) -> None:
    """Check a folder and print what is wrong with it; then the exit status is 1.

    `files` hold the public keys to trust, `model_key` that of OpenSSF signatures; without any, it
    is the key of this machine.
    """
    try:
        elliptic = _read(model_key, elliptic_key_in) if model_key else known_elliptic_key()
        verdict = check_folder(folder, _trusted(files), elliptic)
    except (EngineError, BadKey, BadVariable) as error:
        raise click.ClickException(str(error)) from error
    if raw:
        show_json({"folder": str(folder), "genuine": not verdict.faults, **asdict(verdict)})
    else:
        for line in _lines(folder, verdict):
            click.echo(printable(line))
    if verdict.faults:
        raise click.exceptions.Exit(1)


def _trusted(files: Sequence[Path]) -> list[PublicKey]:
    if not files:
        own = known_key()
        return [own] if own else []
    return [key for file in files for key in _read(file, public_keys)]


def _read(file: Path, keys_in: Callable[[str], T]) -> T:
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return keys_in(text.read(LONGEST + 1))
    except BadKey as error:
        raise click.ClickException(f"{file}: {error}.") from error
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error


def _lines(folder: Path, verdict: Verdict) -> Iterator[str]:
    if not verdict.faults:
        yield f"{folder}: {verdict.files} files are as they were signed"
    else:
        count = len(verdict.faults)
        said = "1 file is not as it" if count == 1 else f"{count} files are not as they"
        yield f"{folder}: {said} should be"
    for fault in verdict.faults:
        yield f"  {fault.file}: {fault.fault}. {fault.detail}"
    if any(fault.fault == "not trusted" for fault in verdict.faults):
        yield TO_TRUST
    if verdict.model_signature == "not checked":
        yield f"not checked: {SIGNATURE}. {verdict.model_signature_reason}"
    if verdict.model_signature == "holds":
        yield f"{SIGNATURE} holds, too"
    if verdict.key:
        run = f", by run {verdict.run}" if verdict.run else ""
        yield f"signed with key {verdict.key}, made {verdict.finished}{run}"
    if verdict.output_digest:
        yield verdict.output_digest
