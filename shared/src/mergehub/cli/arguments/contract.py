"""The type of arguments that are checked by the rules of the hub's API."""

from __future__ import annotations

from typing import Any

import click
from pydantic import TypeAdapter, ValidationError


class Contract(click.ParamType[str]):
    """A text that is checked here by the rules and in the words of the hub's API."""

    name = "text"

    def __init__(self, kind: Any) -> None:
        self._adapter = TypeAdapter[str](kind)

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> str:
        """The unchanged text."""
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            self.fail(f"{value!r} {error.errors()[0]['msg']}.", parameter, context)
