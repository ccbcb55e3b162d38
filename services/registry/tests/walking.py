"""Every request that may lead to a recipe, made from the OpenAPI document of the registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]

UNASKED = frozenset({"cursor", "limit", "wait", "after", "If-Match", "If-None-Match"})
STREAM = "text/event-stream"
SOME_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Marks:
    """What identifies a recipe: its ids, and the words by which it can be found."""

    recipe: str
    version: str
    run: str
    owner: str
    name: str
    words: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return self.recipe, self.version, self.run

    @property
    def all(self) -> tuple[str, ...]:
        return *self.ids, self.name, *self.words


@dataclass(frozen=True)
class Asked:
    """One request; `reads`: it is a GET that names no id and no name in its path."""

    operation: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: str | None
    names_it: bool

    @property
    def text(self) -> str:
        """All that the caller sends, and so knows."""
        return f"{self.path} {self.query} {self.body}"

    async def send(self, client: httpx.AsyncClient) -> httpx.Response:
        headers = {"If-Match": "*", "Content-Type": "application/json"}
        return await client.request(
            self.method, self.path, params=self.query, content=self.body, headers=headers
        )


def requests(document: Json, marks: Marks) -> Iterator[Asked]:
    """Each operation, asked for the recipe by all that its parameters and bodies take."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if _is_endless(path, operation):
                continue
            yield from _of_operation(document, path, method.upper(), operation, marks)


def _is_endless(path: str, operation: Json) -> bool:
    content = operation["responses"].get("200", {}).get("content", {})
    return STREAM in content and "{" not in path


def _of_operation(
    document: Json, path: str, method: str, operation: Json, marks: Marks
) -> Iterator[Asked]:
    parameters = operation.get("parameters", [])
    at, named = _filled(path, parameters, marks)
    about = named or method == "GET"
    for body, in_body in _bodies(document, operation, marks):
        if about or in_body:
            for query in _queries(parameters, marks):
                ids = any(value in marks.ids for _, value in query)
                name = operation["operationId"]
                yield Asked(name, method, at, query, body, named or in_body or ids)


def _filled(path: str, parameters: list[Json], marks: Marks) -> tuple[str, bool]:
    """The path with its parameters, and whether they name the recipe or its run."""
    known = {
        "recipe_id": marks.recipe, "version_id": marks.version, "run_id": marks.run,
        "owner": marks.owner, "handle": marks.owner, "name": marks.name,
    }  # fmt: skip
    naming = {"recipe_id", "version_id", "run_id", "name"}
    named = False
    for each in parameters:
        if each["in"] == "path":
            value = known.get(each["name"]) or _any(each["schema"])
            path = path.replace(f"{{{each['name']}}}", value)
            named |= each["name"] in naming
    return path, named


def _any(schema: Json) -> str:
    """A value that is nothing's name or id."""
    if schema.get("enum"):
        return str(schema["enum"][0])
    return {"integer": "1"}.get(
        schema.get("type", ""), SOME_ID if schema.get("format") == "uuid" else "x"
    )


def _queries(parameters: list[Json], marks: Marks) -> Iterator[tuple[tuple[str, str], ...]]:
    """The required parameters with each value, and each other one with each value in turn."""
    asked = [each for each in parameters if each["in"] == "query" and each["name"] not in UNASKED]
    required = [each for each in asked if each.get("required")]
    most = max((len(_values(each["schema"], marks)) for each in required), default=1)
    for turn in range(most):
        yield tuple((each["name"], _turn(each["schema"], marks, turn)) for each in required)
    first = tuple((each["name"], _turn(each["schema"], marks, 0)) for each in required)
    for each in asked:
        if each not in required:
            for value in _values(each["schema"], marks):
                yield (*first, (each["name"], value))


def _turn(schema: Json, marks: Marks, turn: int) -> str:
    values = _values(schema, marks)
    return values[turn % len(values)]


def _values(schema: Json, marks: Marks) -> list[str]:
    """What a parameter may take that leads to the recipe."""
    found: list[str] = []
    for each in (schema, *schema.get("anyOf", []), schema.get("items", {})):
        if each.get("enum"):
            found += map(str, each["enum"])
        elif each.get("format") == "uuid":
            found += marks.ids
        elif each.get("type") == "boolean":
            found += ["true", "false"]
        elif each.get("type") in ("integer", "number"):
            found += ["1"]
        elif each.get("type") == "string":
            found += [*marks.words, marks.owner, marks.name, f"{marks.owner}/{marks.name}"]
    return found or ["x"]


def _bodies(document: Json, operation: Json, marks: Marks) -> Iterator[tuple[str | None, bool]]:
    """The bodies to send, and whether each names the recipe or its run."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        yield None, False
        return
    for schema in _schemas(document, content["schema"]):
        example = next(iter(schema.get("examples", [])), {})
        yield httpx.Request("POST", "/", json=example).content.decode(), False
        for name, told in schema.get("properties", {}).items():
            for value in marks.ids if _takes_id(told) else ():
                rest = {key: each for key, each in example.items() if key != "recipe"}
                body = rest | {name: value}
                yield httpx.Request("POST", "/", json=body).content.decode(), True


def _schemas(document: Json, schema: Json) -> Iterator[Json]:
    """The schemas of objects that a body may be."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _schemas(document, document["components"]["schemas"][name])
        return
    for choice in (*schema.get("anyOf", []), *schema.get("oneOf", [])):
        yield from _schemas(document, choice)
    if schema.get("type") == "object":
        yield schema


def _takes_id(schema: Json) -> bool:
    return any(each.get("format") == "uuid" for each in (schema, *schema.get("anyOf", [])))
