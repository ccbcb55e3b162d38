"""Make the OpenAPI document describe inputs as the code accepts them."""

from __future__ import annotations

from typing import Any

from mergehub.kit.openapi.document import Document, nodes, operations

NO_NUL = r"^[^\u0000]*$"
COMPONENTS = "#/components/schemas/"


def describe_inputs(document: Document) -> None:
    """Describe that a parameter is present or absent, never null, and that no text holds NUL."""
    for operation in operations(document):
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _without_null(parameter["schema"])
            if parameter["in"] != "header":  # HTTP itself forbids NUL there
                _refuse_nul(parameter["schema"])
            if parameter["name"] == "If-Match":  # optional for FastAPI, so that we answer 428
                parameter["required"] = True
    for schema in _sent(document):
        _refuse_nul(schema)


def _without_null(schema: Document) -> Document:
    """The schema of a parameter without null, which has no form in an address or a header."""
    kinds: list[Document] = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**{name: each for name, each in schema.items() if name != "anyOf"}, **kinds[0]}


def _refuse_nul(schema: Document) -> None:
    for node in nodes(schema):
        if node.get("type") == "string" and not node.keys() & {
            "pattern",
            "enum",
            "const",
            "format",
        }:
            node["pattern"] = NO_NUL
        if isinstance(node.get("additionalProperties"), dict):  # names must not hold NUL either
            node.setdefault("propertyNames", {}).setdefault("pattern", NO_NUL)


def _sent(document: Document) -> list[Document]:
    """The schemas of JSON bodies, with those that they refer to."""
    schemas = document["components"]["schemas"]
    found: dict[str, Any] = {}
    bodies = [each.get("requestBody", {}) for each in operations(document)]
    inline = [body["content"].get("application/json", {}) for body in bodies if body]
    todo: list[Document] = list(inline)
    while todo:
        for node in nodes(todo.pop()):
            name = str(node.get("$ref", "")).removeprefix(COMPONENTS)
            if name in schemas and name not in found:
                found[name] = schemas[name]
                todo.append(schemas[name])
    return [*inline, *found.values()]
