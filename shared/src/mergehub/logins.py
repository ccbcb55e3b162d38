"""The hubs that the user has signed in to on this machine, with the token of each."""

from __future__ import annotations

import json
import os
from pathlib import Path

from mergehub.secret_files import write_secret
from mergehub.variables import variable


def logins_file() -> Path:
    """The file that keeps them: MERGEHUB_LOGINS, or by the XDG base directory specification."""
    named = variable("MERGEHUB_LOGINS")
    if named:
        return Path(named).expanduser()
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "mergehub" / "logins.json"


def read_logins() -> dict[str, str]:
    """The tokens by the hubs' addresses, the latest sign-in last; empty without any."""
    try:
        return dict(json.loads(logins_file().read_text()))
    except (OSError, ValueError):
        return {}


def keep_login(url: str, token: str) -> None:
    """Keep the token of a hub in the file, which only its owner may read."""
    others = {known: kept for known, kept in read_logins().items() if known != url}
    _write({**others, url: token})


def forget_login(url: str) -> None:
    """Forget the token of a hub."""
    _write({known: kept for known, kept in read_logins().items() if known != url})


def _write(logins: dict[str, str]) -> None:
    file = logins_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_secret(file, logins)
