"""Changes to the OpenAPI document that FastAPI makes from a service's routes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI

Document = dict[str, Any]


def amend(app: FastAPI, change: Callable[[Document], None]) -> None:
    """Have `change` applied to the document of `app`, possibly more than once."""
    plain = app.openapi

    def openapi() -> Document:
        document = plain()
        change(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def keep_nulls(document: Document) -> None:
    """Put back the nulls of required fields that FastAPI drops from examples."""
    for schema in document["components"]["schemas"].values():
        for example in schema.get("examples", ()):
            for name in schema.get("required", ()):
                example.setdefault(name, None)


BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def whole_bounds(document: Document) -> None:
    """Write the bounds of integers as integers: 9.223372036854776e+18 is not 2**63."""
    for node in nodes(document):
        if node.get("type") == "integer":
            node.update({name: int(node[name]) for name in BOUNDS if name in node})


def nodes(part: Any) -> Iterator[Document]:
    """Every object in a part of a document, the outer ones first."""
    if isinstance(part, dict):
        yield part
    if isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from nodes(each)


def operations(document: Document) -> Iterator[Document]:
    """The operations of a document."""
    for methods in document["paths"].values():
        yield from methods.values()
