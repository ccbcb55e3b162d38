"""Where the engine keeps what it would otherwise make again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """`mergehub` in `$XDG_CACHE_HOME`, or in the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "mergehub")
