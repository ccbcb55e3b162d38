"""What `mergehub merge` signs with: the keys of this machine."""

from __future__ import annotations

from pathlib import Path

import click

from merge_worker.engine import EngineError
from merge_worker.engine.finish import Attest
from merge_worker.provenance.model_signature import check_installed
from merge_worker.provenance.statement import SHELL, attesting
from mergehub.attestation.keys import BadKey
from mergehub.attestation.own import own_elliptic_key, own_key
from mergehub.variables import BadVariable


def own_attest() -> Attest:
    """What signs the statement of a merge that begins now. A missing key ends the command."""
    try:
        return attesting(own_key(), SHELL)
    except (BadKey, BadVariable) as error:
        raise click.ClickException(f"{error}; or merge with --no-provenance.") from error


def elliptic_key() -> Path:
    """The file of the key for OpenSSF signatures. The command ends if nothing can sign."""
    try:
        check_installed()
        return own_elliptic_key()
    except (EngineError, BadKey, BadVariable) as error:
        raise click.ClickException(f"{error}.") from error
