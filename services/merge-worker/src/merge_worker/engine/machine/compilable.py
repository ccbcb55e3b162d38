"""Marks functions that can be turned into machine code, without importing the compiler.

A formula is written once, as a plain Python function of single elements. Called directly, it
computes with NumPy scalars, which is how it is tested. `engine.compiled` makes machine code from
it, in one loop over all elements. So declaring a method costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = Callable[..., Any]
_F = TypeVar("_F", bound=Function)

marked: list[Function] = []
"""Every compilable function defined so far, in the order of definition."""


def compilable(function: _F) -> _F:
    """Mark a function that compiled code may call; it may call only marked functions itself."""
    marked.append(function)
    return function
