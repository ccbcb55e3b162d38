"""The folder in which the engine caches results that are slow to make."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


def cache_folder() -> Path:
    """The folder `mergehub` in `$XDG_CACHE_HOME`, or in the user's cache folder.

    A user without a home folder, as in some containers, gets one for this process only.
    """
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "mergehub")
    except RuntimeError:
        return _for_this_process()


@cache
def _for_this_process() -> Path:
    folder = tempfile.mkdtemp(prefix="mergehub-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
