"""Checks a model by its OpenSSF signature, `model.sig`, with the package `model-signing`."""

from __future__ import annotations

import base64
import importlib
import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from merge_worker.engine import EngineError
from merge_worker.engine.files.reading import read_small
from merge_worker.engine.output.output_files import SIGNATURE

from .faults import Fault, State
from .files import Digests, file_faults
from .model_signature import NotInstalled, check_installed

PACKAGE = "model_signing.verifying"
ONLY_FILES = "Signature mismatch"
"""How the library begins to say that the signature holds, and the files are others."""


@dataclass(frozen=True)
class Signed:
    """Whether the signature holds, why it was not checked, and a fault for each file."""

    state: State
    reason: str | None = None
    faults: tuple[Fault, ...] = ()


def check_signature(folder: Path, key: str | None, digests: Digests) -> Signed:
    """Check `model.sig`, if there is one, with a public key on an elliptic curve in PEM."""
    if not (folder / SIGNATURE).exists():
        return Signed("none")
    try:
        check_installed()
    except NotInstalled as error:
        return Signed("not checked", f"{error}.")
    try:
        text = read_small(folder / SIGNATURE)
    except EngineError as error:
        return Signed("fails", None, (Fault(SIGNATURE, "unreadable", f"{error}."),))
    if key is None:
        said = "It is signed, and no key to check it with is known. Give one with --model-key."
        return Signed("fails", None, (Fault(SIGNATURE, "not trusted", said),))
    if fault := _signature_fault(text, key):
        return Signed("fails", None, (fault,))
    found = tuple(_file_faults(folder, text, digests))
    return Signed("fails" if found else "holds", None, found)


def _signature_fault(text: bytes, key: str) -> Fault | None:
    """A fault unless the key has signed the text.

    The library compares the signature with an empty folder, not with a stranger's files: if the
    signature holds, it finds all files missing.
    """
    verifying: Any = importlib.import_module(PACKAGE)
    with tempfile.TemporaryDirectory() as place, redirect_stdout(io.StringIO()):
        signature, public, empty = (Path(place) / each for each in ("sig", "key", "empty"))
        signature.write_bytes(text)
        public.write_text(key, encoding="ascii")
        empty.mkdir()
        try:
            config = verifying.Config().use_elliptic_key_verifier(public_key=public)
            config.verify(empty, signature)
        except Exception as error:
            said = " ".join(str(error).split())
            if said.startswith(ONLY_FILES):
                return None
            if said.startswith("Key mismatch"):
                said = "It was signed with another key than the one that you trust."
                return Fault(SIGNATURE, "not trusted", said)
            return Fault(SIGNATURE, "changed", f"The signature does not hold. {said}".strip())
    return None


def _file_faults(folder: Path, text: bytes, digests: Digests) -> Iterator[Fault]:
    """Yield a fault for each file that is not as the signature says, which holds."""
    try:
        stated, ignored = _stated(text)
    except (KeyError, TypeError, ValueError):
        said = "It lists no SHA-256 of whole files; `model_signing verify` may be able to check it."
        yield Fault(SIGNATURE, "unreadable", said)
        return
    yield from file_faults(folder, stated, digests, by=SIGNATURE, ignored={SIGNATURE, *ignored})


def _stated(text: bytes) -> tuple[dict[str, str], list[str]]:
    """The digests that a signature lists, by name, and what it leaves out. Raises ValueError if
    they are not of whole files, and KeyError or TypeError if the form is another."""
    payload = base64.b64decode(json.loads(text)["dsseEnvelope"]["payload"])
    predicate = json.loads(payload)["predicate"]
    how = predicate["serialization"]
    if (how["method"], how["hash_type"]) != ("files", "sha256"):
        raise ValueError
    stated = {each["name"]: each["digest"] for each in predicate["resources"]}
    return stated, how["ignore_paths"]
