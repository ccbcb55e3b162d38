"""Every operation of every service accepts only the query parameters it declares, each once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from applications import application, documents

from mergehub.kit.openapi.document import Document, nodes, operations
from mergehub.kit.openapi.inputs import COMPONENTS

Operation = Document

OF_PROVIDERS = "sign_in_callback"  # RFC 6749: ignore parameters that a provider adds


OPERATIONS = [
    pytest.param(service, method.upper(), path, operation, id=operation["operationId"])
    for service, document in documents().items()
    for path, methods in document["paths"].items()
    for method, operation in methods.items()
    if operation["operationId"] != OF_PROVIDERS
]


async def ask(service: str, method: str, path: str, query: list[tuple[str, str]]) -> httpx.Response:
    filled = re.sub(r"\{(?:number|version)\}", "1", path)
    filled = re.sub(r"\{[^}]+\}", f"{0:032x}", filled)
    transport = httpx.ASGITransport(application(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        return await client.request(method, filled, params=query)


def declared(operation: Operation, *, single: bool = False) -> list[str]:
    return [
        each["name"]
        for each in operation.get("parameters", ())
        if each["in"] == "query" and not (single and each["schema"].get("type") == "array")
    ]


@pytest.mark.parametrize(("service", "method", "path", "operation"), OPERATIONS)
async def test_a_parameter_that_an_operation_does_not_take_is_refused(
    service: str, method: str, path: str, operation: Operation
) -> None:
    answer = await ask(service, method, path, [("unheard-of", "soup")])
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/query/unheard-of", "unknown_parameter")
    for name in declared(operation):
        assert name in fault["detail"]
    assert "422" in operation["responses"]


@pytest.mark.parametrize(("service", "method", "path", "operation"), OPERATIONS)
async def test_a_misspelt_parameter_is_told_the_nearest(
    service: str, method: str, path: str, operation: Operation
) -> None:
    known = declared(operation)
    for name in (each for each in known if f"{each}s" not in known):
        answer = await ask(service, method, path, [(f"{name}s", "1")])
        suggestions = [fault["suggestion"] for fault in answer.json()["errors"]]
        assert f"did you mean {name!r}?" in suggestions


@pytest.mark.parametrize(("service", "method", "path", "operation"), OPERATIONS)
async def test_a_parameter_given_twice_is_refused(
    service: str, method: str, path: str, operation: Operation
) -> None:
    for name in declared(operation, single=True):
        answer = await ask(service, method, path, [(name, "1"), (name, "2")])
        assert answer.status_code == 422
        codes = {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}
        assert codes == {f"/query/{name}": "repeated_parameter"}


async def test_a_thousand_made_up_parameters_make_no_long_answer() -> None:
    query = [(f"made-up-{number}", "1") for number in range(1000)]
    answer = await ask("registry", "GET", "/v1/recipes", query)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) <= 20


async def test_pages_to_read_take_any_query() -> None:
    for path in ("/docs", "/docs/problems", "/healthz", "/openapi.json"):
        assert (await ask("registry", "GET", path, [("utm_source", "letter")])).status_code == 200


def _bodies() -> Iterator[Any]:
    for service, document in documents().items():
        schemas = document["components"]["schemas"]
        for each in operations(document):
            for content in each.get("requestBody", {"content": {}})["content"].values():
                for node in _with_referred(content["schema"], schemas):
                    if "properties" in node:
                        name = f"{each['operationId']}-{node.get('title')}"
                        yield pytest.param(node, id=f"{service}-{name}")


def _with_referred(schema: Document, schemas: Document) -> list[Document]:
    """Every object schema inside of `schema`, through its references."""
    found, seen, todo = [], set(), [schema]
    while todo:
        for node in nodes(todo.pop()):
            found.append(node)
            name = str(node.get("$ref", "")).removeprefix(COMPONENTS)
            if name in schemas and name not in seen:
                seen.add(name)
                todo.append(schemas[name])
    return found


@pytest.mark.parametrize("schema", list(_bodies()))
def test_a_body_has_no_fields_but_those_declared(schema: Document) -> None:
    assert schema["additionalProperties"] is False
