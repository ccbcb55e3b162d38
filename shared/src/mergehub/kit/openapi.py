"""What the OpenAPI document of a service says beyond what FastAPI makes of the routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

Document = dict[str, Any]


def amend(app: FastAPI, change: Callable[[Document], None]) -> None:
    """Let `change` have its say on the document of `app`; it may meet the same one again."""
    plain = app.openapi

    def openapi() -> Document:
        document = plain()
        change(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def keep_nulls(document: Document) -> None:
    """Put back the nulls that FastAPI drops from examples, where a field is required."""
    for schema in document["components"]["schemas"].values():
        for example in schema.get("examples", ()):
            for name in schema.get("required", ()):
                example.setdefault(name, None)
