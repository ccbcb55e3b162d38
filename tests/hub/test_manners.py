"""The middleware of the whole hub, over real HTTP: every service has it without code of its own."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from running import RunningHub

OF_EACH = ("/v1/recipes", "/v1/models", "/v1/benchmarks")
FOREIGN = {"Origin": "https://elsewhere.example.org"}


@pytest.fixture(scope="module")
def http(hub: RunningHub) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.url, timeout=20, trust_env=False) as http:
        yield http


@pytest.mark.parametrize("path", OF_EACH)
def test_what_is_known_is_not_sent_again(http: httpx.Client, path: str) -> None:
    first = http.get(path)
    again = http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/docs/problems", "/registry/openapi.json", *OF_EACH]
)
def test_a_caller_is_told_its_quota(http: httpx.Client, path: str) -> None:
    # The limits are open for seconds after Redis has not answered in time, as on a busy machine.
    end = time.monotonic() + 60
    while True:
        headers = http.get(path).headers
        assert headers["ratelimit-policy"] == '"reads";q=60000;w=60'
        if "ratelimit" in headers or time.monotonic() > end:
            break
        time.sleep(0.1)
    assert re.fullmatch(r'"reads";r=\d+;t=\d+', headers["ratelimit"])


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", *OF_EACH, "/v1/events", "/nowhere"])
@pytest.mark.parametrize(
    "host",
    ["evil.example.org", "127.0.0.1.evil.example.org:8000", "10.0.0.1", "", "[::1]evil.example.org",
     "localhost@evil.example.org", "[::1", "localhost:80@evil.example.org", "localhost evil"],
)  # fmt: skip
def test_a_name_that_a_page_bound_to_this_machine_is_not_answered(
    http: httpx.Client, path: str, host: str
) -> None:
    answer = http.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "unknown-host")
    assert "MERGEHUB_HOSTS" in http.get(answer.json()["type"]).text


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1:8000", "[::1]:1", "[::1]"]
)
def test_the_names_of_this_machine_are_answered(http: httpx.Client, host: str) -> None:
    assert http.get("/v1/recipes", headers={"Host": host}).status_code == 200


def test_requests_of_the_hub_itself_are_measured_too(http: httpx.Client) -> None:
    http.get("/docs")
    assert 'route="/docs",service="hub"' in http.get("/metrics").text


@pytest.mark.parametrize("path", ["/", "/docs", "/nowhere", *OF_EACH, "/v1/runs?cursor=x"])
def test_every_answer_has_the_headers_that_browsers_go_by(http: httpx.Client, path: str) -> None:
    headers = http.get(path, headers=FOREIGN).headers
    assert "access-control-allow-origin" not in headers  # only its owner uses this hub
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])


@pytest.mark.parametrize("path", [f"{each}?cursor=x" for each in OF_EACH])
def test_a_problem_leads_to_its_page(http: httpx.Client, path: str) -> None:
    problem = http.get(path).json()
    assert problem["code"] == "bad-cursor"
    page = http.get(problem["type"])
    assert page.status_code == 200
    assert problem["title"] in page.text


@pytest.mark.parametrize("path", OF_EACH)
def test_a_foreign_page_may_not_write(http: httpx.Client, path: str) -> None:
    headers = FOREIGN | {"Access-Control-Request-Method": "POST"}
    answer = http.options(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-refused")


def test_a_compressed_body_is_refused(http: httpx.Client) -> None:
    answer = http.post("/v1/recipes/check", json={}, headers={"Content-Encoding": "gzip"})
    assert answer.json()["code"] == "unsupported-encoding"


def test_a_head_without_end_loses_its_connection(hub: RunningHub) -> None:
    address = httpx.URL(hub.url)
    with socket.create_connection((address.host, address.port), timeout=20) as client:
        client.sendall(b"GET /v1/recipes HTTP/1.1\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 408 ")
