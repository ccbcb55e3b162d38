"""Entity tags, 304, and changes with `If-Match`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from mergehub.kit.entity_tags import etag_of, is_among
from mergehub.kit.http.preconditions import IfMatch
from mergehub.kit.http.problem_handlers import install_problems
from mergehub.kit.middleware.etags import EntityTags, describe_etags
from mergehub.kit.openapi.document import amend


class Thing(BaseModel):
    words: str


class Shelf(FastAPI):
    thing = Thing(words="first")


app = Shelf()
app.add_middleware(EntityTags)
install_problems(app)
amend(app, describe_etags)


@app.get("/thing")
async def read() -> Thing:
    return app.thing


@app.get("/named")
async def read_named(response: Response) -> Thing:
    response.headers["ETag"] = '"7"'
    response.headers["Link"] = "</next>"
    return app.thing


@app.put("/thing")
async def write(body: Thing, if_match: IfMatch) -> Thing:
    if_match.check(etag_of(app.thing))
    app.thing = body
    return body


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def chunks() -> AsyncIterator[str]:
        yield "one "
        yield "two"

    return StreamingResponse(chunks())


@app.get("/secret")
async def secret(response: Response) -> Thing:
    response.headers["Cache-Control"] = "no-store"
    return app.thing


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app.thing = Thing(words="first")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://kit"
    ) as client:
        yield client


@pytest.mark.parametrize("path", ["/thing", "/named"])
@pytest.mark.parametrize("written", ["{}", "W/{}", '"other", {}', "*", '"a,b" ,{}'])
async def test_what_is_known_is_not_sent_again(
    client: httpx.AsyncClient, path: str, written: str
) -> None:
    first = await client.get(path)
    etag = first.headers["etag"]
    again = await client.get(path, headers={"If-None-Match": written.format(etag)})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert again.headers["cache-control"] == "no-cache"
    assert again.headers.get("link") == first.headers.get("link")
    assert "content-type" not in again.headers


@pytest.mark.parametrize("known", ['"other"', "nonsense", "", '"'])
async def test_what_is_not_known_is_sent(client: httpx.AsyncClient, known: str) -> None:
    answer = await client.get("/thing", headers={"If-None-Match": known})
    assert (answer.status_code, answer.json()) == (200, {"words": "first"})


async def test_a_tag_changes_with_the_content(client: httpx.AsyncClient) -> None:
    before = (await client.get("/thing")).headers["etag"]
    assert not before.startswith("W/")
    app.thing = Thing(words="second")
    answer = await client.get("/thing", headers={"If-None-Match": before})
    assert (answer.status_code, answer.json()["words"]) == (200, "second")


@pytest.mark.parametrize("path", ["/stream", "/secret", "/nowhere"])
async def test_streams_secrets_and_errors_have_no_tag(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"If-None-Match": "*"})
    assert answer.status_code != 304
    assert answer.content
    assert "etag" not in answer.headers


async def test_a_change_without_a_precondition_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.put("/thing", json={"words": "new"})
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")
    assert app.thing.words == "first"


@pytest.mark.parametrize("unquoted", ["nonsense", "", "0f3a", "'{}"])
async def test_a_precondition_that_names_no_tag_is_told_how_to(
    client: httpx.AsyncClient, unquoted: str
) -> None:
    headers = {"If-Match": unquoted.format(etag_of(app.thing).strip('"'))}
    answer = await client.put("/thing", json={"words": "new"}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/header/If-Match")
    assert "with its quotes" in answer.json()["errors"][0]["detail"]
    assert app.thing.words == "first"


@pytest.mark.parametrize("weak", ['"old"', "W/{}", '"old", nonsense'])
async def test_a_change_of_another_state_is_refused(client: httpx.AsyncClient, weak: str) -> None:
    headers = {"If-Match": weak.format(etag_of(app.thing))}
    answer = await client.put("/thing", json={"words": "new"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition-failed")
    assert answer.headers["etag"] == etag_of(app.thing)
    assert app.thing.words == "first"


@pytest.mark.parametrize("written", ["{}", '"other", {}', "*"])
async def test_a_change_of_the_state_that_was_read_is_made(
    client: httpx.AsyncClient, written: str
) -> None:
    headers = {"If-Match": written.format(etag_of(app.thing))}
    answer = await client.put("/thing", json={"words": "new"}, headers=headers)
    assert answer.status_code == 200
    assert app.thing.words == "new"


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
def test_any_field_is_read_without_a_fault(field: str) -> None:
    etag = etag_of(b"content")
    assert is_among(etag, field, weakly=True) == (field.strip() == "*")


async def test_the_document_tells_of_tags(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        get = (await client.get("/openapi.json")).json()["paths"]["/thing"]["get"]
    assert [each["name"] for each in get["parameters"]] == ["If-None-Match"]
    assert {"200", "304"} <= get["responses"].keys()
    assert "ETag" in get["responses"]["200"]["headers"]
