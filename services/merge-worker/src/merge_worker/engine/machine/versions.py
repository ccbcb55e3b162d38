"""The versions of what computes tensors, on which bytes of the output may depend."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version

_version = cache(version)  # it reads a file, and a process may merge often


def library_versions() -> dict[str, str]:
    """The versions of Python and of the libraries that compute tensors, by their names."""
    libraries = {name: _version(name) for name in ("numpy", "numba", "llvmlite")}
    return {"python": platform.python_version(), **libraries}
