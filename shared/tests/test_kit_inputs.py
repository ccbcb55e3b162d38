"""The code and the OpenAPI document agree on what a request may hold and which path it matches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import httpx
import pytest
from fastapi import Query
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, Field

from mergehub.kit.http.api import Api
from mergehub.kit.http.preconditions import IfMatch
from mergehub.kit.http.routes import Router
from mergehub.kit.http.stack import add_middleware
from mergehub.kit.middleware.nul import holds_nul
from mergehub.kit.openapi.document import amend
from mergehub.kit.openapi.links import ID, Link, describe_links
from mergehub.kit.settings.service import ServiceSettings

NO_NUL = "^[^\\u0000]*$"

router = Router(prefix="/v1/things")


class Thing(BaseModel):
    words: str
    size: int = Field(0, ge=0, lt=2**63)
    kind: Literal["one"] = "one"
    name: str = Field("a", pattern="^a*$")
    more: list[Thing] = []
    scores: dict[Annotated[str, Field(max_length=9)], float] = {}


@router.post("/check")
async def check_thing(body: Thing) -> None: ...


@router.post("")
async def make_thing(body: Thing) -> dict[str, str]:
    return {"id": "a"}


@router.get("/{name}")
async def get_thing(
    name: str, words: Annotated[str | None, Query(max_length=9)] = None, last: int | None = None
) -> str:
    return name


@router.patch("/{name}")
async def change_thing(name: str, body: Thing, if_match: IfMatch) -> None: ...


@router.delete("/{name}")
async def drop_thing(name: str) -> None: ...


@pytest.fixture(scope="module")
def app() -> Api:
    app = Api(generate_unique_id_function=lambda route: route.name)
    settings = ServiceSettings(rate_reads=0, rate_writes=0)
    add_middleware(app, settings, CollectorRegistry(), {}, [router])
    amend(app, describe_links([Link("make_thing", ("get_thing",), {"name": ID})]))
    app.include_router(router)
    return app


@pytest.fixture
async def client(app: Api) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://kit") as client:
        yield client


@pytest.fixture(scope="module")
def document(app: Api) -> dict[str, Any]:
    app.openapi()
    return app.openapi()  # a second run of the changes changes nothing


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "PUT", "OPTIONS", "TRACE"])
async def test_a_path_that_is_written_out_is_no_parameter(
    client: httpx.AsyncClient, method: str
) -> None:
    answer = await client.request(method, "/v1/things/check")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["code"] == "method-not-allowed"


async def test_head_goes_with_get(client: httpx.AsyncClient) -> None:
    answer = await client.put("/v1/things/other")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH"


@pytest.mark.parametrize("path", ["/v1/things/a%00b", "/v1/things/a?words=%00"])
async def test_nul_in_an_address_is_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "NUL" in answer.json()["detail"]


async def test_nul_in_a_body_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/things", json={"words": "", "scores": {"a\0b": 1}})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "NUL" in answer.json()["detail"]


async def test_what_only_looks_like_nul_is_taken(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/things", json={"words": r"\u0000 as text"})).status_code == 200
    assert (await client.get("/v1/things/a%2500b")).status_code == 200


@given(st.text())
def test_nul_is_found_wherever_it_is(text: str) -> None:
    thing = Thing(words=text.replace("\x7f", "\0"))
    body = httpx.Request("POST", "http://kit", json=thing.model_dump()).content
    assert holds_nul(body) == ("\0" in thing.words)


def test_a_document_tells_what_no_text_may_hold(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["Thing"]["properties"]
    assert fields["words"]["pattern"] == NO_NUL
    assert fields["name"]["pattern"] == "^a*$"
    assert fields["scores"]["propertyNames"] == {"maxLength": 9, "pattern": NO_NUL}
    assert "pattern" not in fields["kind"]
    name, words, last, _ = document["paths"]["/v1/things/{name}"]["get"]["parameters"]
    assert name["schema"]["pattern"] == words["schema"]["pattern"] == NO_NUL
    assert (last["schema"]["type"], "pattern" in last["schema"]) == ("integer", False)


def test_a_parameter_is_never_null(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/v1/things/{name}"]["get"]["parameters"]
    assert not [each for each in parameters if "anyOf" in each["schema"]]
    assert parameters[1]["schema"]["maxLength"] == 9


def test_bounds_are_exact(document: dict[str, Any]) -> None:
    size = document["components"]["schemas"]["Thing"]["properties"]["size"]
    assert (size["exclusiveMaximum"], type(size["exclusiveMaximum"])) == (2**63, int)


def test_if_match_is_required(document: dict[str, Any]) -> None:
    _, if_match = document["paths"]["/v1/things/{name}"]["patch"]["parameters"]
    assert (if_match["name"], if_match["required"]) == ("If-Match", True)


def test_every_operation_tells_what_the_layers_before_it_answer(document: dict[str, Any]) -> None:
    thing = document["paths"]["/v1/things/{name}"]
    assert {"429", "503"} < thing["get"]["responses"].keys()
    assert "Retry-After" in thing["get"]["responses"]["429"]["headers"]
    assert {"400", "408", "413", "415", "429", "503"} < thing["patch"]["responses"].keys()
    assert "413" not in thing["get"]["responses"]


def test_an_answer_tells_what_can_be_done_next(document: dict[str, Any]) -> None:
    links = document["paths"]["/v1/things"]["post"]["responses"]["200"]["links"]
    assert links == {"get_thing": {"operationId": "get_thing", "parameters": {"name": ID}}}
