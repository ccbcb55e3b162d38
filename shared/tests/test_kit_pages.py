"""The hub's pages as files: types, codings, caches, policy; and a hub that has none."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from mergehub.contracts.services import FOLDERS, PAGES
from mergehub.kit.http.api import Api
from mergehub.kit.http.stack import add_middleware
from mergehub.kit.pages import page_routes
from mergehub.kit.settings.service import ServiceSettings

WEB = Path(__file__).parents[2] / "web"
SCRIPT = b"export const one = 1;\n" * 50
SCRIPT_AT = "/assets/index-1a2b.js"


def build(folder: Path) -> None:
    """A build with one page, one script with its compressed forms, and a file of the builder."""
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Mergehub</title>")
    (folder / "assets" / "index-1a2b.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "index-1a2b.js.br").write_bytes(b"in brotli")
    (folder / "assets" / "icon-3c.svg").write_text("<svg/>")
    (folder / "assets" / ".built-from").write_text("secret")


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The pages of a folder, behind the middleware of every service."""
    app = Api()
    add_middleware(app, ServiceSettings(rate_reads=0), CollectorRegistry(), {})
    app.include_router(page_routes(folder))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    build(tmp_path)
    async with served(tmp_path) as client:
        yield client


@pytest.mark.parametrize("page", [*PAGES, *(f"{folder}/some/thing" for folder in FOLDERS)])
async def test_every_page_is_the_index_which_is_asked_for_anew_each_time(
    page: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(page)
    assert answer.text == "<!doctype html><title>Mergehub</title>"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    again = await client.get(page, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_page_may_load_only_from_the_hub_and_nothing_inline(
    client: httpx.AsyncClient,
) -> None:
    policy = (await client.get("/")).headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "unsafe" not in policy
    assert "data:" not in policy


@pytest.mark.parametrize(
    ("accepted", "coding", "content"),
    [
        ("gzip, deflate, br, zstd", "br", b"in brotli"),
        ("gzip", "gzip", SCRIPT),
        ("br;q=0, gzip;q=0.5", "gzip", SCRIPT),
        ("br;q=much", None, SCRIPT),
        ("identity", None, SCRIPT),
        ("", None, SCRIPT),
    ],
)
async def test_a_file_is_kept_for_good_and_comes_in_the_best_coding(
    accepted: str, coding: str | None, content: bytes, client: httpx.AsyncClient
) -> None:
    async with client.stream("GET", SCRIPT_AT, headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join([each async for each in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == coding
    assert (gzip.decompress(raw) if coding == "gzip" else raw) == content
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_pictures_have_their_type(client: httpx.AsyncClient) -> None:
    assert (await client.get("/assets/icon-3c.svg")).headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path",
    ["/mapped", "/map/x", "/index.html", "/assets/", "/assets/.built-from", "/assets/index-0.js",
     "/assets/index-1a2b.js.gz", "/assets/../index.html", "/assets/%2e%2e%2findex.html"],
)  # fmt: skip
async def test_nothing_else_is_there(path: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "Page not found" in answer.text


@pytest.mark.parametrize("page", PAGES)
async def test_a_hub_without_pages_says_how_to_build_them(page: str, tmp_path: Path) -> None:
    async with served(tmp_path / "none") as client:
        answer = await client.get(page)
    assert answer.status_code == 200
    assert "make pages" in answer.text


def test_the_browser_knows_the_same_pages() -> None:
    routes = (WEB / "src" / "app" / "routes.ts").read_text(encoding="utf-8")
    assert tuple(re.findall(r'^  "(/\w*)": {', routes, re.MULTILINE)) == PAGES
    assert tuple(re.findall(r'^  "(/\w+)/\*": {', routes, re.MULTILINE)) == FOLDERS


def test_the_lock_file_names_no_addresses_of_packages() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    named = [each["resolved"] for each in lock["packages"].values() if "resolved" in each]
    assert named == ["../clients/typescript"]
