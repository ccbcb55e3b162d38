"""The hub's documentation has no broken link and lacks no page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from html import escape, unescape
from pathlib import Path

import httpx
import pytest

from mergehub.contracts.events import TYPES
from mergehub.hub.origin import create_app
from mergehub.kit.docs.guides import FOLDER, address
from mergehub.kit.docs.markdown import html, title_of
from mergehub.kit.settings.service import ServiceSettings

ORIGIN = create_app(ServiceSettings(rate_reads=0))  # rate limits need a running hub
DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(ORIGIN)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


async def test_no_link_of_the_documentation_leads_nowhere(client: httpx.AsyncClient) -> None:
    pages: dict[str, str] = {}
    links = {("", "/docs")}
    while found := {(by, link) for by, link in links if link.partition("#")[0] not in pages}:
        for by, link in found:
            path = link.partition("#")[0]
            answer = await client.get(path)
            assert answer.status_code == 200, f"{by} leads to {path}, which is not there"
            pages[path] = answer.text if "html" in answer.headers["content-type"] else ""
            hrefs = map(unescape, re.findall(r'href="([^"]+)"', pages[path]))
            links |= {(path, path + href if href[0] == "#" else href) for href in hrefs
                      if href[0] in "/#"}  # fmt: skip
    assert len(pages) > 80
    for by, link in links:
        path, _, anchor = link.partition("#")
        assert not anchor or f'id="{anchor}"' in pages[path], f"{by} leads to {link}"


@pytest.mark.parametrize(
    "name", [path.relative_to(DOCS).as_posix() for path in sorted(DOCS.rglob("*.md"))]
)
async def test_every_document_is_served(name: str, client: httpx.AsyncClient) -> None:
    where = address(name)
    assert where is not None
    page = (await client.get(where)).text
    assert f"<title>{escape(title_of((DOCS / name).read_text()))} · Mergehub</title>" in page


async def test_the_pictures_of_the_guides_are_served(client: httpx.AsyncClient) -> None:
    guides = await asyncio.gather(*(client.get(f"/docs/guides/{path.stem}")
                                    for path in (DOCS / "guides").glob("*.md")))  # fmt: skip
    named = {src for guide in guides for src in re.findall(r'<img src="([^"]+)"', guide.text)}
    assert named == {f"pictures/{path.name}" for path in (DOCS / "guides/pictures").iterdir()}
    for src in named:
        answer = await client.get(f"/docs/guides/{src}")
        kind = {".jpg": "image/jpeg", ".png": "image/png"}[Path(src).suffix]
        assert answer.headers["content-type"] == kind
    assert (await client.get("/docs/guides/pictures/none.jpg")).status_code == 404


def test_the_package_has_the_documents_of_the_repository() -> None:
    assert FOLDER.resolve() == DOCS


async def test_every_event_is_explained(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs/events")).text
    for name in TYPES:
        assert f'<h2 id="{name.replace(".", "")}">{name}</h2>' in page


@pytest.mark.parametrize("wrong", ["../README", "nothing", "methods/../../README", "%2e%2e/x"])
async def test_what_is_no_guide_is_not_found(wrong: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/docs/guides/{wrong}", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/docs/guides/nothing", "*/*"),
        ("/docs/guides/<b>", "*/*"),
        ("/docs/problems/nothing", "*/*"),
        ("/docs/nothing", "*/*"),
        ("/nothing", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ],
)
async def test_who_looks_for_a_page_that_is_not_there_gets_a_page(
    path: str, accept: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "default-src 'none'" not in answer.headers["content-security-policy"]
    for place in ("/docs", "/docs/guides", "/docs/events", "/docs/problems"):
        assert f'href="{place}"' in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/nothing", "*/*"),
        ("/v1/nothing", "text/html"),
        ("/docs/openapi/nothing.json", "text/html"),
        ("/docs/guides/nothing", "application/json"),
    ],
)
async def test_who_looks_for_data_that_is_not_there_gets_problem_details(
    path: str, accept: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_link_to_what_is_not_served_is_left_out() -> None:
    text = html("See [the code](../shared/README.md) and [tokens](tokens.md#over-http).", address)
    assert text == ('<p>See the code and <a href="/docs/guides/tokens#over-http">tokens</a>.</p>\n')


def test_html_in_a_guide_is_text() -> None:
    assert "<script>" not in html("<script>alert(1)</script>", address)


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/docs/", "/docs"),
        ("/docs/guides/", "/docs/guides"),
        ("/docs/guides/tokens/?a=b", "/docs/guides/tokens?a=b"),
        ("/v1/recipes/?limit=1", "/v1/recipes?limit=1"),
        ("/v1/recipes//", "/v1/recipes"),
        ("/v1/recipes%2F", "/v1/recipes"),
    ],
)
async def test_a_slash_too_many_leads_to_the_address_without_it_under_the_same_origin(
    path: str, meant: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(path, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (307, meant)


@pytest.mark.parametrize("path", ["//v1/recipes/", "//evil.example/", "/nothing/", "//"])
async def test_a_slash_that_is_all_there_is_leads_nowhere(
    path: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(httpx.URL("http://hub", raw_path=path.encode()))
    assert (answer.status_code, answer.headers.get("location")) == (404, None)
