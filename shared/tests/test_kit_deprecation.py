"""A deprecated operation says so in every answer."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from fastapi import Depends, Response
from prometheus_client import CollectorRegistry

from mergehub.kit.http.api import Api
from mergehub.kit.http.stack import add_middleware
from mergehub.kit.middleware.deprecation import deprecated
from mergehub.kit.problems.problem import NotFound
from mergehub.kit.settings.service import ServiceSettings

SINCE, END = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 7, 1, 12, tzinfo=UTC)

app = Api()
add_middleware(app, ServiceSettings(rate_reads=0), CollectorRegistry(), {})
old = [Depends(deprecated(SINCE, END, successor="/new", page="/docs/moving"))]


@app.get("/old", deprecated=True, dependencies=old)
async def read(response: Response) -> int:
    response.headers["Link"] = '</old?cursor=x>; rel="next"'
    return 1


@app.get("/old/raw", deprecated=True, dependencies=old)
async def raw() -> Response:
    return Response("raw")


@app.get("/old/missing", deprecated=True, dependencies=old)
async def missing() -> None:
    raise NotFound("Gone.")


@app.get("/current")
async def current() -> int:
    return 1


async def get(path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://kit") as client:
        return await client.get(path)


@pytest.mark.parametrize("path", ["/old", "/old/raw", "/old/missing"])
async def test_every_answer_tells_since_when_and_until_when(path: str) -> None:
    answer = await get(path)
    assert answer.headers["deprecation"] == "@1798761600"
    assert answer.headers["sunset"] == "Thu, 01 Jul 2027 12:00:00 GMT"
    assert answer.links["successor-version"]["url"] == "/new"
    assert answer.links["deprecation"]["url"] == "/docs/moving"


async def test_other_links_stay() -> None:
    assert (await get("/old")).links["next"]["url"] == "/old?cursor=x"


async def test_what_stays_says_nothing() -> None:
    assert not {"deprecation", "sunset", "link"} & (await get("/current")).headers.keys()


def test_the_document_says_so_too() -> None:
    assert app.openapi()["paths"]["/old"]["get"]["deprecated"] is True


def test_an_end_before_the_beginning_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="before"):
        deprecated(END, SINCE)
