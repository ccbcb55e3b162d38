"""Marks functions that can be turned into machine code, without importing the compiler.

A formula is written once, as a plain Python function of single elements. Called as it stands it
computes with NumPy scalars, which is how it is tested; `engine.compiled` makes machine code of it,
in one loop over all elements. Declaring a method therefore costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = Callable[..., Any]
_F = TypeVar("_F", bound=Function)

marked: list[Function] = []
"""Every compilable function defined so far, in order of definition."""


def compilable(function: _F) -> _F:
    """Mark a function that compiled code may call; it may itself call marked functions only."""
    marked.append(function)
    return function
