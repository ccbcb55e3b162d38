"""Headers for browsers: which pages may read and write (CORS), and what pages may do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from mergehub.kit.http.api import Api
from mergehub.kit.http.problem_handlers import install_problems
from mergehub.kit.settings.service import ServiceSettings

OURS, OTHERS = "https://merges.example.org", "https://elsewhere.example.org"
TOKEN = {"Authorization": "Bearer mgh_x"}

app = Api(cors_origins=[OURS])
closed = Api(cors_origins=[OURS], cors_public=False)
closed.get("/thing")(lambda: "read")
install_problems(app)
app.get("/thing")(lambda: "read")
app.post("/thing")(lambda: "written")


@app.get("/crash")
async def crash() -> None:
    raise RuntimeError


@app.get("/page")
async def page() -> HTMLResponse:
    return HTMLResponse("<p>")


@app.get("/unchanged", status_code=304)
async def unchanged() -> None: ...


@app.get("/own-words")
async def own_words(response: Response) -> None:
    response.headers["Content-Security-Policy"] = "script-src 'self'"
    response.headers["Cache-Control"] = "max-age=60"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://kit") as client:
        yield client


async def preflight(
    client: httpx.AsyncClient, origin: str, method: str, fields: str = ""
) -> httpx.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    headers |= {"Access-Control-Request-Headers": fields} if fields else {}
    return await client.options("/thing", headers=headers)


@pytest.mark.parametrize(("origin", "reads"), [(OURS, OURS), (OTHERS, None)])
async def test_a_closed_hub_is_read_by_its_own_pages_alone(origin: str, reads: str | None) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(closed), base_url="https://kit"
    ) as client:
        answer = await client.get("/thing", headers={"Origin": origin})
        asked = await preflight(client, origin, "GET", "if-none-match")
    assert answer.headers.get("access-control-allow-origin") == reads
    assert asked.headers.get("access-control-allow-origin") == reads
    assert asked.status_code == (204 if reads else 403)


@pytest.mark.parametrize("path", ["/thing", "/nowhere", "/crash"])
async def test_every_page_may_read_what_is_public(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Origin": OTHERS})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "RateLimit" in answer.headers["access-control-expose-headers"]
    assert "vary" not in answer.headers, "one answer serves all origins"
    asked = await preflight(client, OTHERS, "GET", "If-None-Match, Last-Event-ID")
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")


@pytest.mark.parametrize(
    ("method", "fields"),
    [("POST", ""), ("GET", "authorization"), ("PATCH", "if-match"), ("GET", "x-other")],
)
async def test_a_page_we_do_not_know_may_do_nothing_else(
    client: httpx.AsyncClient, method: str, fields: str
) -> None:
    asked = await preflight(client, OTHERS, method, fields)
    assert (asked.status_code, asked.json()["code"]) == (403, "origin-refused")
    assert "access-control-allow-origin" not in asked.headers
    assert asked.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", [OTHERS, "null", OURS + ".evil.example.org", OURS.upper()])
async def test_a_page_we_do_not_know_cannot_read_what_a_token_shows(
    client: httpx.AsyncClient, origin: str
) -> None:
    for method, headers in (("GET", TOKEN), ("POST", {})):
        answer = await client.request(method, "/thing", headers=headers | {"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"


async def test_a_page_we_know_may_write_and_send_a_token(client: httpx.AsyncClient) -> None:
    asked = await preflight(client, OURS, "POST", "Authorization, Idempotency-Key, content-type")
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == OURS
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert {"authorization", "idempotency-key", "if-match"} <= set(
        asked.headers["access-control-allow-headers"].split(", ")
    )
    answer = await client.post("/thing", headers=TOKEN | {"Origin": OURS})
    assert answer.headers["access-control-allow-origin"] == OURS
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "wrong",
    [
        "*",
        "https://*.example.org",
        "https://a.org/b",
        "a.org",
        "https://me@a.org",
        "http://[::1",
        "https://a.org:99999",
        "https://xn--.org",
    ],
)
def test_an_origin_that_is_none_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(ValidationError):
        ServiceSettings(cors_origins=[wrong])


@pytest.mark.parametrize("path", ["/thing", "/page", "/nowhere", "/crash"])
async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"] == "max-age=31536000"


async def test_data_may_load_nothing_and_pages_only_ours(client: httpx.AsyncClient) -> None:
    data, page = (await client.get("/thing")).headers, (await client.get("/page")).headers
    assert data["content-security-policy"].startswith("default-src 'none'")
    assert page["content-security-policy"].startswith("default-src 'self'")
    assert "script" not in page["content-security-policy"], "scripts only from here, none inline"


async def test_a_page_that_is_known_already_keeps_its_policy(client: httpx.AsyncClient) -> None:
    """Browsers replace the headers of a cached page with those of a 304."""
    headers = (await client.get("/unchanged")).headers
    assert "content-security-policy" not in headers
    assert headers["x-content-type-options"] == "nosniff"


async def test_what_an_answer_says_itself_stays(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/own-words")).headers
    assert headers["content-security-policy"] == "script-src 'self'"
    assert headers["cache-control"] == "max-age=60"


async def test_plain_http_promises_no_https(client: httpx.AsyncClient) -> None:
    answer = await client.get("http://kit/thing")
    assert "strict-transport-security" not in answer.headers
