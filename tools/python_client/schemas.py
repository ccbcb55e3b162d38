"""JSON schemas as Python types: objects are TypedDicts, so bodies stay plain dictionaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def module(service: str, schemas: Mapping[str, Schema]) -> str:
    """The source of a module that defines the schemas of a service."""
    parts = [definition(name, schema) for name, schema in schemas.items()]
    head = f'"""Bodies of the {service}. Written by `make documents`."""\n\n'
    head += "from __future__ import annotations\n\n"
    head += "from typing import Any, Literal, NotRequired, TypeAlias, TypedDict\n\n"
    return head + "\n\n".join(sorted(parts, key=lambda each: each.startswith("class"))) + "\n"


def definition(name: str, schema: Schema) -> str:
    """The class, or the alias, of a schema with a name."""
    name = _identifier(name)
    if "properties" not in schema:
        return f"{name}: TypeAlias = {annotation(schema)!r}"
    required = schema.get("required", ())
    fields = [
        f"    {field}: {_field(told, field in required)}"
        for field, told in schema["properties"].items()
    ]
    return "\n".join([f"class {name}(TypedDict):", *_docstring(schema), *fields])


def annotation(schema: Schema, module: str = "") -> str:
    """A schema as an annotation; `module` is the module of the named schemas."""
    if "$ref" in schema:
        return module + _identifier(str(schema["$ref"]).rpartition("/")[2])
    if "const" in schema or "enum" in schema:
        return f"Literal{schema.get('enum', [schema.get('const')])!r}"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(annotation(each, module) for each in options)
    if schema.get("type") == "array":
        return f"list[{annotation(schema.get('items', {}), module)}]"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties", True)
        inner = annotation(values, module) if isinstance(values, Mapping) else "Any"
        return f"dict[str, {inner}]"
    return PLAIN.get(schema.get("type", ""), "Any")


def _identifier(name: str) -> str:
    """A schema's name as an identifier; FastAPI makes names such as `Capacity-Input`."""
    return name.replace("-", "")


def _field(schema: Schema, required: bool) -> str:
    return annotation(schema) if required else f"NotRequired[{annotation(schema)}]"


def _docstring(schema: Schema) -> Iterator[str]:
    if told := schema.get("description"):
        yield f'    """{told}"""\n'
