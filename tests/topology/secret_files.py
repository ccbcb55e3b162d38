"""The files of secrets, as the script of the Compose file makes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from topology.compose import ROOT

MAKE_SECRETS = ROOT / "deploy" / "compose" / "make-secrets"


def made(folder: Path) -> dict[str, bytes]:
    """What the files in a folder hold once the script has run there."""
    subprocess.run([MAKE_SECRETS, folder], check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in folder.iterdir()}
