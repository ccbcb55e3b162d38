"""Routes are read when they are first needed, once, and answer like FastAPI's own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, Query, Response
from fastapi.routing import APIRoute

from mergehub.contracts.messages import Answer, Message
from mergehub.kit.http.routes import Route, Router, include


class Thing(Message):
    """What a client sends."""

    size: int


class Made(Answer):
    """What it gets."""

    name: str
    size: int


router = Router(prefix="/things", tags=["things"], responses={404: {"description": "Missing"}})


@router.get("/{name}")
async def get_thing(name: str, size: Annotated[int, Query(ge=1)] = 1) -> Made:
    return Made(name=name, size=size)


@router.put("/{name}", status_code=201)
async def put_thing(name: str, thing: Thing) -> Made:
    return Made(name=name, size=thing.size)


async def note(response: Response) -> None:
    response.headers["X-Noted"] = "yes"


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI(generate_unique_id_function=lambda route: route.name)
    include(app, router, [Depends(note)], {401: {"description": "No token"}})
    return app


@pytest.fixture
async def client(app: FastAPI) -> Iterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


def routes(app: FastAPI) -> dict[str, Route]:
    return {route.endpoint.__name__: route for route in app.routes if isinstance(route, Route)}


def is_read(route: APIRoute) -> bool:
    return "dependant" in vars(route)


async def test_a_request_reads_only_the_route_that_answers_it(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    assert not any(map(is_read, routes(app).values()))
    answer = await client.get("/things/anvil?size=3")
    assert answer.json() == {"name": "anvil", "size": 3}
    assert {name for name, route in routes(app).items() if is_read(route)} == {"get_thing"}


async def test_declaring_on_an_app_reads_nothing_of_the_router(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    await client.get("/things/anvil")
    app.openapi()
    assert not any(is_read(route) for route in router.routes if isinstance(route, APIRoute))


async def test_what_all_routes_have_besides_applies_to_each(client: httpx.AsyncClient) -> None:
    answer = await client.put("/things/anvil", json={"size": 2})
    assert (answer.status_code, answer.headers["X-Noted"]) == (201, "yes")


async def test_parameters_and_bodies_are_checked(client: httpx.AsyncClient) -> None:
    assert (await client.get("/things/anvil?size=0")).status_code == 422
    assert (await client.put("/things/anvil", json={"size": "2"})).status_code == 422
    assert (await client.delete("/things/anvil")).status_code == 405


def test_a_document_is_that_of_plain_routes(app: FastAPI) -> None:
    plain = FastAPI(generate_unique_id_function=lambda route: route.name)
    for route in router.routes:
        assert isinstance(route, Route)
        plain.add_api_route(
            route.path,
            route.endpoint,
            methods=list(route.methods),
            status_code=route.options["status_code"],
            tags=["things"],
            responses={401: {"description": "No token"}, 404: {"description": "Missing"}},
        )
    assert app.openapi() == plain.openapi()


def test_an_attribute_that_no_route_has_is_missing(app: FastAPI) -> None:
    route = routes(app)["get_thing"]
    for _ in range(2):
        assert not hasattr(route, "colour")
    assert route.name == "get_thing"


def test_threads_that_need_a_route_at_once_read_it_once(app: FastAPI) -> None:
    route, threads = routes(app)["put_thing"], 8
    together = Barrier(threads)

    def need() -> object:
        together.wait()
        return route.body_field

    with ThreadPoolExecutor(threads) as pool:
        fields = [each.result() for each in [pool.submit(need) for _ in range(threads)]]
    assert fields[0] is not None
    assert all(field is fields[0] for field in fields)
