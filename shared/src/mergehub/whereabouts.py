"""The data folder of this machine's hub, and the address that the hub leaves there for shells."""

from __future__ import annotations

import json
import os
from pathlib import Path

from mergehub.variables import variable

CONNECTION = "connection.json"


def default_folder() -> Path:
    """MERGEHUB_DATA, or the folder by the XDG base directory specification.

    Raises BadVariable if MERGEHUB_DATA is in a file that cannot be read.
    """
    named = variable("MERGEHUB_DATA")
    if named:
        return Path(named).expanduser()
    shared = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(shared) / "mergehub"


def read_connection(folder: Path) -> dict[str, str]:
    """The address and token that the hub of this folder left for shells; empty without one."""
    try:
        return dict(json.loads((folder / CONNECTION).read_text()))
    except (OSError, ValueError):
        return {}
