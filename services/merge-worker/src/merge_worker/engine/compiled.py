"""Turning compilable functions into machine code when first called, kept on disk afterwards.

The compiler (numba) is imported here and nowhere else, and only when something is to be computed:
planning a merge does without it.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, cast

from . import compilable

_F = TypeVar("_F", bound=Callable[..., Any])
_registered: set[Any] = set()
_lock = RLock()


def kernel(function: _F) -> _F:
    """A function that is compiled at its first call; `__wrapped__` is the plain one."""

    def make() -> _F:
        return compiled(function)

    machine_code = once(make)

    @wraps(function)
    def call(*arguments: Any) -> Any:
        return machine_code()(*arguments)

    return cast(_F, call)


def once(make: _F) -> _F:
    """`functools.cache` under a lock, so that threads never compile the same thing side by side."""
    cached = cache(make)

    @wraps(make)
    def get(*arguments: Any) -> Any:
        with _lock:
            return cached(*arguments)

    return cast(_F, get)


def compiled(function: _F, *formulas: compilable.Function) -> _F:
    """`function` as machine code that runs without the GIL and with IEEE arithmetic as written.

    The code is cached under `$NUMBA_CACHE_DIR`, or the user's cache folder. Numba notices only
    changes in the file of `function` itself, so the source of all compilable functions becomes
    part of the cached code's name.
    """
    from numba import njit
    from numba.core import config

    with _lock:
        _register_formulas()
        name = "-".join((function.__name__, *(f.__name__ for f in formulas)))
        function.__qualname__ = f"{name}-{_source_digest(formulas)}"
        previous = config.CACHE_DIR  # type: ignore[attr-defined]
        config.CACHE_DIR = previous or str(_cache_folder())  # type: ignore[attr-defined]
        try:
            return cast(_F, njit(cache=True, nogil=True, error_model="numpy")(function))
        finally:
            config.CACHE_DIR = previous  # type: ignore[attr-defined]


def _register_formulas() -> None:
    from numba.extending import register_jitable

    for formula in compilable.marked:
        if formula not in _registered:
            # A call left standing would keep the loop around it from becoming vector instructions.
            register_jitable(forceinline=True)(formula)
            _registered.add(formula)


def _source_digest(formulas: tuple[compilable.Function, ...]) -> str:
    modules = {inspect.getmodule(each) for each in (*compilable.marked, *formulas, compiled)}
    texts = sorted(inspect.getsource(module) for module in modules if module)
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def _cache_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "mergehub", "compiled")
