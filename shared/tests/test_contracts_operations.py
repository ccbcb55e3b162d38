"""Breaks of an API are found, harmless changes pass, and declared breaks are accepted."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from fastapi import Body, FastAPI, Header, Query
from pydantic import BaseModel, ConfigDict

from mergehub.kit.problems.problem import ProblemBody
from tools.openapi_breaks import Break, broken, declared

Json = dict[str, Any]
Change = Callable[[Json], object]


class Soup(BaseModel):
    id: int
    name: str
    tags: list[str] | None


class SoupCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    size: int | None = None


def _document() -> Json:
    app = FastAPI(generate_unique_id_function=lambda route: route.name)

    @app.post("/soups", status_code=201, responses={500: {"model": ProblemBody}})
    def cook(body: SoupCreate, key: str | None = Header(None, alias="X-Key")) -> Soup: ...

    @app.get("/soups/{soup}")
    def read(soup: int, limit: int = Query(50, le=200)) -> Soup: ...

    @app.put("/spoon")
    def stir(spoon: str | None = Body(None)) -> None: ...

    document = deepcopy(app.openapi())
    schemas = document["components"]["schemas"]
    schemas["Problem"] = schemas.pop("ProblemBody")
    document["paths"]["/soups/{soup}"]["get"]["responses"]["200"]["headers"] = {"ETag": {}}
    return document


def _schema(document: Json, name: str) -> Json:
    return document["components"]["schemas"][name]


def _soup(document: Json) -> Json:
    return _schema(document, "Soup")


def _cook(document: Json) -> Json:
    return document["paths"]["/soups"]["post"]


def _read(document: Json) -> Json:
    return document["paths"]["/soups/{soup}"]["get"]


def _parameters(operation: Json) -> dict[str, Json]:
    return {each["name"]: each for each in operation["parameters"]}


def _renamed(of: Json, old: str, new: str) -> None:
    of["properties"][new] = of["properties"].pop(old)
    of["required"] = [new if each == old else each for each in of["required"]]


def _added(of: Json, name: str, *, required: bool) -> None:
    of["properties"][name] = {"type": "string"}
    of["required"] = [*of["required"], *([name] if required else [])]


NEW = {"responses": {}, "operationId": "eat"}
LOAD = {"name": "load", "in": "query", "required": True, "schema": {"type": "integer"}}

BREAKING: dict[str, tuple[Change, set[str], str]] = {
    "an operation is gone": (lambda d: d["paths"].pop("/spoon"), {"stir"}, "it is gone"),
    "an operation has another id": (
        lambda d: _read(d).update(operationId="fetch"), {"read"}, "its id is now fetch",
    ),
    "an operation is elsewhere": (
        lambda d: d["paths"].update({"/pots": d["paths"].pop("/soups")}),
        {"cook"}, "it was POST /soups and is POST /pots now",
    ),
    "a field of an answer is renamed": (
        lambda d: _renamed(_soup(d), "name", "title"),
        {"cook", "read"}, "may not be readable: name is not written",
    ),
    "a field of an answer may be left out": (
        lambda d: _soup(d)["required"].remove("tags"), {"cook", "read"}, "tags may be left out",
    ),
    "a field of an answer may be null": (
        lambda d: _soup(d)["properties"].update(id={"type": "null"}),
        {"cook", "read"}, "id may be null, but readers take integer",
    ),
    "a request needs a new field": (
        lambda d: _added(_schema(d, "SoupCreate"), "pot", required=True),
        {"cook"}, "a request that was valid may be refused: pot is not written",
    ),
    "a request may not have a field any more": (
        lambda d: _schema(d, "SoupCreate")["properties"].pop("size"),
        {"cook"}, "size is unknown",
    ),
    "a field of a request takes less": (
        lambda d: _schema(d, "SoupCreate")["properties"]["name"].update(maxLength=5),
        {"cook"}, "name may go beyond maxLength 5",
    ),
    "a body is needed": (
        lambda d: d["paths"]["/spoon"]["put"]["requestBody"].update(required=True),
        {"stir"}, "it needs a body now",
    ),
    "a body of another kind": (
        lambda d: _cook(d)["requestBody"].update(content={"text/plain": {"schema": {}}}),
        {"cook"}, "it no longer takes application/json",
    ),
    "a parameter is needed": (
        lambda d: _parameters(_read(d))["limit"].update(required=True),
        {"read"}, "the query parameter limit is required now",
    ),
    "a new parameter is needed": (
        lambda d: _read(d)["parameters"].append(LOAD),
        {"read"}, "the query parameter load is required now",
    ),
    "a parameter takes less": (
        lambda d: _parameters(_read(d))["limit"]["schema"].update(maximum=100),
        {"read"}, "the query parameter limit accepts less than before",
    ),
    "a parameter is gone": (
        lambda d: _cook(d).pop("parameters"), {"cook"}, "the header parameter x-key is gone",
    ),
    "another status": (
        lambda d: _cook(d)["responses"].update({"202": _cook(d)["responses"].pop("201")}),
        {"cook"}, "it no longer answers 201",
    ),
    "one more status": (
        lambda d: _read(d)["responses"].update({"204": {}}), {"read"}, "it may answer 204",
    ),
    "an answer of another kind": (
        lambda d: _read(d)["responses"]["200"].update(content={"text/plain": {}}),
        {"read"}, "it is no longer application/json",
    ),
    "a header is gone": (
        lambda d: _read(d)["responses"]["200"].pop("headers"), {"read"}, "lacks the header ETag",
    ),
    "problems lack a field": (
        lambda d: _renamed(_schema(d, "Problem"), "code", "kind"), {"Problem"}, "code is not",
    ),
    "a keyword that cannot be judged": (
        lambda d: _soup(d).update({"if": {}}), {"cook", "read"}, "unknown keyword if",
    ),
}  # fmt: skip

HARMLESS: dict[str, Change] = {
    "nothing": lambda d: None,
    "a new operation": lambda d: d["paths"].update({"/spoons": {"get": NEW}}),
    "a new field of an answer": lambda d: _added(_soup(d), "cook", required=True),
    "a new field that a request may have": lambda d: _added(
        _schema(d, "SoupCreate"), "pot", required=False
    ),
    "a request takes more": lambda d: _schema(d, "SoupCreate")["properties"]["name"].clear(),
    "a new parameter": lambda d: _read(d)["parameters"].append(LOAD | {"required": False}),
    "a header in other letters": lambda d: _parameters(_cook(d))["X-Key"].update(name="x-key"),
    "a parameter takes more": lambda d: _parameters(_read(d))["limit"]["schema"].pop("maximum"),
    "a new problem": lambda d: _read(d)["responses"].update({"429": {}}),
    "other words": lambda d: _soup(d).update(description="Hot.", title="A soup"),
}


@pytest.mark.parametrize("name", BREAKING)
def test_clients_break_where(name: str) -> None:
    change, operations, fault = BREAKING[name]
    now = _document()
    change(now)
    found = broken(_document(), now)
    assert {each.operation for each in found} == operations
    assert fault in " ".join(each.fault for each in found)


@pytest.mark.parametrize("name", HARMLESS)
def test_clients_stay_whole_where_there_is(name: str) -> None:
    now = _document()
    HARMLESS[name](now)
    assert broken(_document(), now) == []


def test_a_break_says_where_and_what() -> None:
    now = _document()
    del now["paths"]["/spoon"]
    assert broken(_document(), now) == [Break("stir", "it is gone")]


CHANGELOG = """# Changelog

## [Unreleased]

### Added

- Soups are hot, as `read` says.

### Changed

- **Breaking**: `cook` needs a pot,
  and `stir` is gone.
- Others

## [0.1.0] - 2026-11-28

### Changed

- **Breaking**: `eat`
"""


def test_what_the_unreleased_version_breaks_is_declared_in_its_lines() -> None:
    assert declared(CHANGELOG) == {"cook", "stir"}


def test_a_version_that_is_released_declares_nothing_any_more() -> None:
    assert declared(CHANGELOG.replace("[Unreleased]", "[0.2.0] - 2026-12-24")) == set()
