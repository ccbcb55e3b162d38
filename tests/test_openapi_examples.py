"""The examples of the OpenAPI documents are valid and can be sent unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from applications import documents
from pydantic import BaseModel

from mergehub.contracts.services import SERVICES
from mergehub.kit.openapi.document import nodes, operations
from mergehub.kit.problems.problem import ProblemBody

Json = dict[str, Any]

for service in SERVICES:
    import_module(f"{service.name}.app")  # with its models

DOCUMENTS = list(documents().values())
SCHEMAS = {
    name: schema
    for document in DOCUMENTS
    for name, schema in document["components"]["schemas"].items()
}


def _models(base: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for each in base.__subclasses__():
        yield each
        yield from _models(each)


PROBLEM = "application/problem+json"
LEFT_OUT = {"Active.exp", "Active.account"}  # RFC 7662: absent if a token has none

MODELS = {each.__name__: each for each in _models() if "json_schema_extra" in each.model_config} | {
    "Problem": ProblemBody
}


def _named(schema: Json) -> Iterator[str]:
    for each in schema.get("oneOf", schema.get("anyOf", [schema])):
        if each != {"type": "null"}:  # the body is optional
            yield each["$ref"].rpartition("/")[2]


def _bodies() -> Iterator[str]:
    for document in DOCUMENTS:
        for methods in document["paths"].values():
            for operation in methods.values():
                content = operation.get("requestBody", {}).get("content", {})
                if "application/json" in content:
                    yield from _named(content["application/json"]["schema"])


@pytest.mark.parametrize("name", sorted({*_bodies(), "Run", "Recipe", "Problem"}))
def test_a_body_is_shown_by_an_example_that_is_valid(name: str) -> None:
    for example in SCHEMAS[name]["examples"]:
        told = MODELS[name].model_validate(example).model_dump(mode="json", exclude_unset=True)
        assert told.keys() == example.keys()


def test_operations_have_one_stable_name_each_across_the_hub() -> None:
    names = [
        operation["operationId"]
        for document in DOCUMENTS
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() and name == name.lower() for name in names)


def _refusals() -> Iterator[tuple[str, str, Json, Json]]:
    """Each error answer of an operation: its status, name, content and examples."""
    for document in DOCUMENTS:
        shared = document["components"]
        for operation in operations(document):
            for status, told in operation["responses"].items():
                if status >= "4":
                    name = told["$ref"].removeprefix("#/components/responses/")
                    response = shared["responses"][name]
                    examples = {
                        code: shared["examples"][each["$ref"].rpartition("/")[2]]
                        for code, each in response["content"][PROBLEM]["examples"].items()
                    }
                    yield status, name, response, examples


def test_each_refusal_is_shown_by_an_example_of_its_own() -> None:
    seen = set()
    for status, name, response, examples in _refusals():
        told = re.findall(r"\[`([\w-]+)`\]\(([^)]+)\)", response["description"])
        assert name.split(".") == list(examples) == list(dict(told))
        for code, page in told:
            problem = ProblemBody.model_validate(examples[code]["value"])
            assert (str(problem.status), problem.code, problem.type) == (status, code, page)
            seen.add(code)
    assert {"run-not-found", "unauthenticated", "precondition-failed"} <= seen


def _answered(document: Json) -> set[str]:
    """The schemas of the bodies of a document's answers, with those that they refer to."""
    found: set[str] = set()
    todo = [
        answer.get("content", {})
        for operation in operations(document)
        for answer in operation["responses"].values()
    ]
    while todo:
        names = {str(each.get("$ref", "")).rpartition("/")[2] for each in nodes(todo.pop())}
        new = (names & document["components"]["schemas"].keys()) - found
        found |= new
        todo += [document["components"]["schemas"][name] for name in new]
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=list(documents()))
def test_what_is_answered_has_no_defaults_and_nothing_is_optional(document: Json) -> None:
    for name in _answered(document):
        schema = document["components"]["schemas"][name]
        fields = schema.get("properties", {})
        optional = {f"{name}.{each}" for each in fields.keys() - set(schema.get("required", ()))}
        assert optional <= LEFT_OUT
        assert not [each for each in fields if "default" in fields[each]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=list(documents()))
def test_a_link_leads_to_an_operation_and_names_its_parameters(document: Json) -> None:
    known = {each["operationId"]: each for each in operations(document)}
    links = [
        link
        for operation in operations(document)
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert links
    for link in links:
        told = {each["name"] for each in known[link["operationId"]]["parameters"]}
        assert link["parameters"].keys() <= told


def test_every_body_has_an_example() -> None:
    assert [name for name in _bodies() if not SCHEMAS[name].get("examples")] == []


def test_no_two_services_give_one_name_to_different_schemas() -> None:
    """A TypeScript program gets the types of all services by their names."""
    seen: dict[str, Any] = {}
    known = {"Candidate", "Claim", "Facet", "Parent"}  # of released documents, or unused by pages
    for document in DOCUMENTS:
        for name, schema in document["components"]["schemas"].items():
            assert name in known or seen.setdefault(name, schema) == schema, name
