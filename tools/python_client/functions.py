"""The source of a function for each operation, which makes its call."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from keyword import iskeyword
from typing import Any

from tools.python_client.schemas import Schema, annotation, definition

Operation = Mapping[str, Any]

HEAD = '''"""Operations of the {service}. Written by `make documents`."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from mergehub.client.calls import Call, Pages, Stream, part
from mergehub.client.types import {service} as t

'''
JSON, FORM, STREAM = "application/json", "application/x-www-form-urlencoded", "text/event-stream"
KEY = "Idempotency-Key"
WIDTH = 96
ONE_LINE = WIDTH - 6


def module(service: str, document: Schema) -> str:
    """The source of a module with the operations of a service."""
    functions = [
        _function(method.upper(), path, operation, document)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return HEAD.format(service=service) + "\n\n".join(functions)


def names(document: Schema) -> list[str]:
    """The ids of a document's operations."""
    return [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]


def forms(document: Schema) -> Iterator[str]:
    """The bodies that are forms and have no name in the document's schemas."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for told in operation.get("requestBody", {}).get("content", {}).values():
                if "properties" in told["schema"]:
                    yield definition(_form_name(operation), told["schema"])


def _form_name(operation: Operation) -> str:
    return "".join(word.title() for word in operation["operationId"].split("_")) + "Form"


def _function(method: str, path: str, operation: Operation, document: Schema) -> str:
    told = operation.get("parameters", ())
    by_place = {where: [each for each in told if each["in"] == where] for where in
                ("path", "query", "header")}  # fmt: skip
    body = _body(operation)
    arguments = [f"{each['name']}: {_type(each['schema'])}" for each in by_place["path"]]
    arguments += [f"body: {body}"] if body else []
    named = [_named(each) for each in (*by_place["query"], *by_place["header"])]
    arguments += ["*", *sorted(named, key=lambda each: "=" in each)] if named else []
    name, result = operation["operationId"], _result(operation, document)
    made = ", ".join(_made(method, path, operation, by_place))
    lines = [
        f"def {name}({', '.join(arguments)}) -> {result}:",
        _docstring(operation),
        f"    return {result.partition('[')[0]}({made})",
    ]
    return "\n".join(lines)


def _made(
    method: str, path: str, operation: Operation, by_place: Mapping[str, list[Schema]]
) -> Iterator[str]:
    filled = re.sub(r"\{(\w+)\}", r"{part(\1)}", path)
    yield repr(method)
    yield f"f{filled!r}" if "{" in filled else repr(path)
    for field, place in (("query", "query"), ("headers", "header")):
        if names := [each["name"] for each in by_place[place]]:
            pairs = ", ".join(f"{name!r}: {_identifier(name)}" for name in names)
            yield f"{field}={{{pairs}}}"
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        yield "body=body"
    if FORM in content:
        yield "form=True"
    if any(each["name"] == KEY for each in by_place["header"]):
        yield "keyed=True"


def _named(parameter: Schema) -> str:
    name, kind = _identifier(parameter["name"]), _type(parameter["schema"])
    if parameter["required"]:
        return f"{name}: {kind}"
    return f"{name}: {kind if kind.endswith('None') else f'{kind} | None'} = None"


def _identifier(name: str) -> str:
    """A parameter's name in Python; a keyword gets an underscore: `from_`."""
    plain = name.lower().replace("-", "_")
    return f"{plain}_" if iskeyword(plain) else plain


def _type(schema: Schema) -> str:
    if schema.get("format") == "uuid":
        return "str | UUID"
    return annotation(schema, "t.")


def _body(operation: Operation) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    for told in content.values():
        schema = told["schema"]
        return f"t.{_form_name(operation)}" if "properties" in schema else annotation(schema, "t.")
    return ""


def _answers(operation: Operation) -> dict[str, Schema]:
    """The schemas of the successful answers, by media type."""
    found: dict[str, Schema] = {}
    for status, told in operation["responses"].items():
        if status < "3":
            found |= {
                kind: each.get("schema", {}) for kind, each in told.get("content", {}).items()
            }
    return found


def _result(operation: Operation, document: Schema) -> str:
    answers = _answers(operation)
    if STREAM in answers:
        return "Stream"
    if JSON not in answers:
        return f"Call[{'str' if answers else 'None'}]"
    kind = annotation(answers[JSON], "t.")
    item = _item(answers[JSON], document)
    return f"Pages[{kind}, {item}]" if item else f"Call[{kind}]"


def _item(schema: Schema, document: Schema) -> str | None:
    """The type of the items of a list with pages; None for other answers."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    fields = document["components"]["schemas"].get(name, {}).get("properties", {})
    if not {"items", "next_cursor"} <= fields.keys():
        return None
    return annotation(fields["items"]["items"], "t.")


def _docstring(operation: Operation) -> str:
    told = operation.get("description", operation["summary"]).partition("\n\n")[0]
    text = " ".join(told.split())
    sentence = text if text.endswith(".") else f"{text}."
    if len(sentence) <= ONE_LINE:
        return f'    """{sentence}"""'
    lines = textwrap.wrap(sentence, WIDTH, initial_indent='"""')
    return textwrap.indent("\n".join([*lines, '"""']), "    ")
