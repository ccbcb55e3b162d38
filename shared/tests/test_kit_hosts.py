"""A hub accepts its own host names, or any name if none are set."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mergehub.kit.http.api import Api
from mergehub.kit.middleware.hosts import name_of, own_names
from mergehub.kit.settings.service import ServiceSettings


async def ask(app: Api, path: str = "/thing", **headers: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://kit") as client:
        return await client.get(path, headers=headers)


def app_of(*names: str) -> Api:
    app = Api(hosts=names, free_paths=["/healthz"])
    app.get("/thing")(lambda: "read")
    app.get("/healthz")(lambda: "alive")
    return app


@pytest.mark.parametrize(
    "host",
    ["hub.example.org", "HUB.example.org:8000", "hub.example.org.", "hub.example.org:",
     "[::1]", "[::1]:8000", "[0:0::0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]:1"],
)  # fmt: skip
async def test_its_own_name_is_answered_however_it_is_written(host: str) -> None:
    assert (await ask(app_of("hub.example.org", "::1"), Host=host)).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["", "example.org", "hub.example.org.evil.org", "evil.org:80", "hub.example.org@evil.org",
     "hub.example.org, evil.org", "[hub.example.org", "hub.example.org:evil.org",
     "[::1]evil.org", "[::1]:80evil.org", "[::1].hub.example.org", "[::1]hub.example.org", "::1",
     "[hub.example.org]", "[127.0.0.1]", "[::1%25lo]", "[::1%lo]", "[::1]]", "[[::1]", "[]",
     "[::1]:x",
     "hub.example.org:80:80", "hub.example.org:-1", "hub.example.org:65536",
     "hub.example.org:8\xb2", "hub.example.org..", ".hub.example.org", "me:x@hub.example.org",
     "hub.example.org/", "hub.example.org?", "hub.example.org#", "http://hub.example.org",
     "hub.example.org evil.org", "hub.example.org\tevil.org", "hub%2eexample.org",
     "hub.example.org\\evil.org", "hub.example.org;", "127.1", "2130706433", "0x7f.0.0.1"],
)  # fmt: skip
async def test_another_name_is_told_what_to_do(host: str) -> None:
    app = app_of("hub.example.org", "::1", "127.0.0.1")
    answer = await ask(app, Host=host.encode("latin-1"))
    assert (answer.status_code, answer.json()["code"]) == (421, "unknown-host")
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("second", ["evil.org", "hub.example.org"])
@pytest.mark.parametrize(("names", "status"), [(["hub.example.org"], 421), ([], 400)])
async def test_two_names_at_once_are_none(names: list[str], status: int, second: str) -> None:
    headers = [("Host", "hub.example.org"), ("Host", second)]
    request = httpx.Request("GET", "http://kit/thing", headers=headers)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(*names))) as c:
        assert (await c.send(request)).status_code == status


@pytest.mark.parametrize("host", ["[::1]evil.org", "me@hub.example.org", "a b", "[::1", "a:b"])
async def test_a_hub_without_names_refuses_a_malformed_one(host: str) -> None:
    for app, path in ((app_of(), "/thing"), (app_of("hub.example.org"), "/healthz")):
        answer = await ask(app, path, Host=host)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed-host")


async def test_what_a_proxy_is_said_to_have_been_called_counts_for_nothing() -> None:
    forwarded = {"X-Forwarded-Host": "hub.example.org", "Forwarded": "host=hub.example.org"}
    for host, status in (("evil.org", 421), ("hub.example.org", 200)):
        answer = await ask(app_of("hub.example.org"), Host=host, **forwarded)
        assert answer.status_code == status


async def test_without_names_any_is_answered() -> None:
    assert (await ask(app_of(), Host="anything.example.org")).status_code == 200


async def test_probes_may_call_it_by_its_address() -> None:
    assert (await ask(app_of("hub.example.org"), "/healthz", Host="10.1.2.3:80")).is_success


def test_services_reach_each_other_under_the_hubs_own_name() -> None:
    settings = ServiceSettings(hosts=["Hub.example.org"], hub_url="http://gateway:8080")
    assert own_names(settings) == {"hub.example.org", "gateway"}
    assert own_names(ServiceSettings(hub_url="http://gateway:8080")) == frozenset()


@pytest.mark.parametrize("host", ["", "https://hub.example.org", "a/b", "a b", "me@hub"])
def test_what_is_no_name_is_refused(host: str) -> None:
    with pytest.raises(ValidationError):
        ServiceSettings(hosts=[host])


@given(st.ip_addresses(), st.integers(0, 65535))
def test_an_address_is_known_with_and_without_its_port(address: object, port: int) -> None:
    text = f"[{address}]" if ":" in str(address) else str(address)
    assert name_of(text) == name_of(f"{text}:{port}") == str(address)


@given(st.text() | st.text("[]:.@%1aA \\/"))
def test_any_field_is_read_without_a_fault(host: str) -> None:
    name = name_of(host)
    assert name is None or not set(name) & set("[]@%/\\ ")
