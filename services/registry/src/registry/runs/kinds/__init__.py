"""The registry's handlers of the kinds of runs, each in the file named after its kind."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from registry.runs.handler import Handler


@cache
def handler_of(kind: str) -> Handler[Any, Any, Any]:
    """The `HANDLER` of a kind that the contracts declare."""
    handler: Handler[Any, Any, Any] = import_module(f"{__name__}.{kind}").HANDLER
    return handler
