"""The versions of what computes tensors, on which bytes of the output may depend."""

from __future__ import annotations

import platform
from importlib.metadata import version


def library_versions() -> dict[str, str]:
    """The versions of Python and of the libraries that compute tensors, by their names."""
    libraries = {name: version(name) for name in ("numpy", "numba", "llvmlite")}
    return {"python": platform.python_version(), **libraries}
