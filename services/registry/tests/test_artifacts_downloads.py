"""Files of models: whole or by range, from a folder or a bucket, and never more than was asked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from callers import client_of
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from seaweed import KEY, SECRET, Seaweed
from stored import FILES, Runs, put

from mergehub.artifacts import ArtifactStore
from mergehub.kit.settings.service import ServiceSettings
from registry.artifacts.downloads.errors import RangeNotSatisfiable
from registry.artifacts.downloads.ranges import wanted
from registry.artifacts.downloads.sending import Downloads

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Serving = Callable[[FastAPI], AbstractAsyncContextManager[str]]
WEIGHTS = FILES["model.safetensors"]
ETAG = f'"{hashlib.sha256(WEIGHTS).hexdigest()}"'


@pytest.fixture
def runs(submit: Call, claim: Call, report: Call, merged: Json) -> Runs:
    return Runs(submit, claim, report, merged)


@pytest.fixture(params=["folder", "bucket"])
def stored_at(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """The settings of a store: a folder, or a bucket of a real server."""
    if request.param == "folder":
        return {"artifacts": tmp_path}
    seaweed: Seaweed = request.getfixturevalue("seaweed")
    keys = {"s3_access_key": SecretStr(KEY), "s3_secret_key": SecretStr(SECRET)}
    return {"artifacts": seaweed.place().url, "s3_endpoint": seaweed.endpoint, **keys}


@pytest.fixture
async def store(
    app: FastAPI, settings: ServiceSettings, stored_at: dict[str, Any]
) -> AsyncIterator[ArtifactStore]:
    """The store, which the registry has now, too."""
    before = app.state.downloads
    app.state.downloads = Downloads(settings.model_copy(update=stored_at))
    yield app.state.downloads.store()
    await app.state.downloads.close()
    app.state.downloads = before


@pytest.fixture
async def file(runs: Runs, store: ArtifactStore) -> str:
    """The address of the weights of a stored model."""
    run = await runs.merged()
    put(store, run)
    return f"/v1/artifacts/{run}/files/model.safetensors"


async def test_a_file_is_sent_whole_with_its_digest(stranger: httpx.AsyncClient, file: str) -> None:
    answer = await stranger.get(file)
    assert (answer.status_code, answer.content) == (200, WEIGHTS)
    digest = base64.b64encode(hashlib.sha256(WEIGHTS).digest()).decode()
    told = {
        "accept-ranges": "bytes",
        "content-disposition": (
            "attachment; filename=\"model.safetensors\"; filename*=UTF-8''model.safetensors"
        ),
        "content-length": str(len(WEIGHTS)),
        "content-type": "application/octet-stream",
        "etag": ETAG,
        "repr-digest": f"sha-256=:{digest}:",
    }
    assert told.items() <= dict(answer.headers).items()
    head = await stranger.head(file)
    assert (head.status_code, head.content) == (200, b"")
    assert told.items() <= dict(head.headers).items()


@pytest.mark.parametrize(
    ("field", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1000000-2500000", 1_000_000, 2_500_001),
        ("Bytes = 2999990-", 2_999_990, 3_000_000),
        ("bytes=-10", 2_999_990, 3_000_000),
        ("bytes=5-99999999999", 5, 3_000_000),
    ],
)
async def test_a_range_is_sent_alone(
    stranger: httpx.AsyncClient, file: str, field: str, start: int, stop: int
) -> None:
    answer = await stranger.get(file, headers={"Range": field})
    assert (answer.status_code, answer.content) == (206, WEIGHTS[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(WEIGHTS)}"
    assert answer.headers["content-length"] == str(stop - start)
    assert answer.headers["etag"] == ETAG


async def test_conditions_decide_as_rfc_9110_says(stranger: httpx.AsyncClient, file: str) -> None:
    part = {"Range": "bytes=0-9"}

    async def asked(**headers: str) -> tuple[int, int]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await stranger.get(file, headers=part | named)
        return answer.status_code, len(answer.content)

    whole = 200, len(WEIGHTS)
    assert await asked(if_range=ETAG) == (206, 10)
    for other in ('"other"', f"W/{ETAG}", "*", "Wed, 21 Oct 2026 07:28:00 GMT"):
        assert await asked(if_range=other) == whole
    assert await asked(if_none_match=ETAG) == (304, 0)
    assert await asked(if_none_match='"other"') == (206, 10)
    assert await asked(if_match=ETAG) == (206, 10)
    assert (await asked(if_match='"other"'))[0] == 412
    assert await asked(Range="bytes=0-1,5-6") == whole
    assert await asked(Range="lines=0-1") == whole


@pytest.mark.parametrize("field", ["bytes=3000000-", "bytes=5-2", "bytes=-0", "bytes=x", "bytes="])
async def test_a_range_outside_of_the_file_is_refused_with_its_size(
    stranger: httpx.AsyncClient, file: str, field: str
) -> None:
    refused = await stranger.get(file, headers={"Range": field})
    assert (refused.status_code, refused.json()["code"]) == (416, "range-not-satisfiable")
    assert refused.headers["content-range"] == "bytes */3000000"


async def test_a_file_in_a_folder_of_the_model_and_an_empty_one(
    stranger: httpx.AsyncClient, file: str
) -> None:
    base = file.removesuffix("/model.safetensors")
    for name in ("original/t\u00f6kenizer.model", "original%2Ft%C3%B6kenizer.model"):
        answer = await stranger.get(f"{base}/{name}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert "filename*=UTF-8''t%C3%B6kenizer.model" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    "name", ["..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "config.json%00", "x"]
)
async def test_no_other_file_is_sent(stranger: httpx.AsyncClient, file: str, name: str) -> None:
    refused = await stranger.get(file.replace("model.safetensors", name))
    assert refused.status_code in (400, 404, 422)


async def test_a_store_without_the_model_says_that_it_is_gone(
    stranger: httpx.AsyncClient, file: str, store: ArtifactStore
) -> None:
    for run in list(store.runs()):
        store.remove(run)
    refused = await stranger.get(file)
    assert (refused.status_code, refused.json()["code"]) == (410, "artifact-gone")
    assert "missing from the store" in refused.json()["detail"]


@pytest.mark.parametrize("stored_at", ["folder"], indirect=True)
async def test_a_reader_that_goes_away_makes_room_and_other_requests_never_wait(
    app: FastAPI, serving: Serving, runs: Runs, store: ArtifactStore, until: Call
) -> None:
    large = {"model.safetensors": bytes(64 << 20)}  # more than the system buffers
    run = await runs.merged(large)
    put(store, run, large)
    file = f"/v1/artifacts/{run}/files/model.safetensors"
    downloads: Downloads = app.state.downloads
    downloads._most = 2
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as client:
        async with client.stream("GET", file) as first:
            pieces = first.aiter_raw(1)
            await anext(pieces)
            refused = await client.get(file)
            assert (refused.status_code, refused.json()["code"]) == (503, "too-many-downloads")
            assert refused.headers["retry-after"]
            assert (await client.get("/v1/artifacts")).status_code == 200
            assert (await client.head(file)).status_code == 200

        async def free() -> bool:
            return not downloads._sent

        await until(free)
        part = await client.get(file, headers={"Range": "bytes=1-10"})
        assert part.content == bytes(10)


async def test_a_registry_without_a_store_says_so(stranger: httpx.AsyncClient, runs: Runs) -> None:
    run = await runs.merged()
    refused = await stranger.get(f"/v1/artifacts/{run}/files/config.json")
    assert (refused.status_code, refused.json()["code"]) == (501, "no-artifact-store")
    assert (await stranger.head(f"/v1/artifacts/{run}/files/config.json")).status_code == 200


@pytest.mark.parametrize("stored_at", ["folder"], indirect=True)
async def test_a_file_that_was_changed_is_not_sent(
    stranger: httpx.AsyncClient, file: str, stored_at: dict[str, Any]
) -> None:
    path = Path(stored_at["artifacts"]) / "runs" / file.split("/")[3] / "model.safetensors"
    path.write_bytes(WEIGHTS[:-1])
    refused = await stranger.get(file)
    assert (refused.status_code, refused.json()["code"]) == (500, "artifact-damaged")
    assert str(path.parent) not in refused.text


@pytest.mark.parametrize("stored_at", ["bucket"], indirect=True)
async def test_a_store_that_does_not_answer_is_no_fault_of_the_request(
    app: FastAPI, settings: ServiceSettings, file: str, stored_at: dict[str, Any]
) -> None:
    away = stored_at | {"s3_endpoint": "http://127.0.0.1:9"}
    app.state.downloads._settings = settings.model_copy(update=away)
    app.state.downloads._store = None
    async with client_of(app) as client:
        async with asyncio.timeout(60):
            refused = await client.get(file)
    assert refused.status_code == 503
    assert "127.0.0.1:9" not in refused.text


@given(st.integers(0, 40), st.integers(0, 50), st.integers(0, 50))
def test_every_range_is_that_of_the_bytes(size: int, first: int, last: int) -> None:
    content = bytes(range(size))
    cases = {
        f"bytes={first}-{last}": content[first : last + 1],
        f"bytes={first}-": content[first:],
        f"bytes=-{last}": content[-last:] if last else b"",
    }
    for field, right in cases.items():
        if right:
            span = wanted(field, None, ETAG, size)
            assert span is not None
            assert content[slice(*span)] == right
        else:
            with pytest.raises(RangeNotSatisfiable) as refused:
                wanted(field, None, ETAG, size)
            assert refused.value.headers == {"Content-Range": f"bytes */{size}"}
