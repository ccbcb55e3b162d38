"""OpenSSF model signatures, by the package `model-signing`."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path

from merge_worker.engine import EngineError
from merge_worker.engine.files.writing import sync, writing
from merge_worker.engine.output.output_files import SIGNATURE

PACKAGE = "model_signing.signing"


class NotInstalled(EngineError):
    """The package that signs models is missing."""


def check_installed() -> None:
    """Raise NotInstalled if models cannot be signed here."""
    try:
        importlib.import_module(PACKAGE)
    except ImportError as error:
        raise NotInstalled(
            f"OpenSSF model signatures need the package {error.name}: run "
            "`pip install 'mergehub-worker[model-signing]'`"
        ) from error


def sign_model(folder: Path, key: Path) -> None:
    """Put `model.sig` into a finished model, which signs all other files of it.

    `key` is a file with a private key on an elliptic curve.

    Raises:
        NotInstalled: the package that signs is missing.
        OutputError: the signature cannot be written.
    """
    check_installed()
    signing = importlib.import_module(PACKAGE)
    path = folder / SIGNATURE
    with writing(path), tempfile.TemporaryDirectory(dir=folder.absolute().parent) as work:
        fresh = Path(work) / SIGNATURE
        path.unlink(missing_ok=True)
        signing.Config().use_elliptic_key_signer(private_key=key).sign(folder, fresh)
        sync(fresh)
        fresh.replace(path)
        sync(folder)
