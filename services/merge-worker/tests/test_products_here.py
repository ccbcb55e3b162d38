"""`mergehub merge` finds the models of this machine's hub, by name and by run."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from test_evaluate_runs import llama

from mergehub.cli.main import main

RECIPE = "merge_method: linear\nmodels: [{{model: '{}', parameters: {{weight: 1}}}}]\n"
Serving = Callable[[FastAPI], AbstractAsyncContextManager[str]]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of this machine's hub, with a model that a run made."""
    monkeypatch.setenv("MERGEHUB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture
def run(data: Path) -> str:
    made = str(uuid4())
    llama(data / "artifacts" / "runs" / made)
    return made


def answering(run: str, asked: list[dict[str, Any]]) -> FastAPI:
    """A hub that knows one model."""
    app = FastAPI()

    @app.get("/v1/runs")
    async def runs(request: Request) -> dict[str, Any]:
        asked.append(dict(request.query_params))
        known = request.query_params["model"].lower() == "me/soup"
        return {"items": [{"id": run}] if known else []}

    return app


async def shell(*arguments: str) -> Any:
    return await run_in_threadpool(CliRunner().invoke, main, arguments)


async def merged(tmp_path: Path, name: str) -> Any:
    (tmp_path / "recipe.yml").write_text(RECIPE.format(name))
    return await shell("merge", str(tmp_path / "recipe.yml"), str(tmp_path / "out"))


@pytest.mark.parametrize("name", ["me/soup", "Me/Soup"])
async def test_a_product_is_taken_by_its_name_where_the_hub_runs(
    tmp_path: Path, data: Path, run: str, serving: Serving, name: str
) -> None:
    asked: list[dict[str, Any]] = []
    async with serving(answering(run, asked)) as url:
        (data / "connection.json").write_text(json.dumps({"url": url, "token": "mgh_x"}))
        done = await merged(tmp_path, name)
    assert done.exit_code == 0, done.output
    assert f"{name} is the model of run {run}." in done.stderr
    assert asked == [{"kind": "merge", "state": "succeeded", "limit": "1", "model": name}]
    lock = json.loads(next((tmp_path / "out").glob("*lock*")).read_bytes())
    assert [each["revision"] for each in lock["ingredients"]] == [run]


async def test_a_run_is_taken_by_its_id_though_no_hub_runs(
    tmp_path: Path, data: Path, run: str
) -> None:
    done = await merged(tmp_path, f"run:{run}")
    assert done.exit_code == 0, done.output


async def test_a_folder_is_meant_before_a_product_and_then_no_hub_is_asked(
    tmp_path: Path, data: Path, run: str, serving: Serving
) -> None:
    llama(tmp_path / "me" / "soup")
    asked: list[dict[str, Any]] = []
    async with serving(answering(run, asked)) as url:
        (data / "connection.json").write_text(json.dumps({"url": url}))
        done = await merged(tmp_path, "me/soup")
    assert (done.exit_code, asked) == (0, []), done.output


@pytest.mark.parametrize("left", [None, {"url": "http://127.0.0.1:9"}, {"url": "nonsense"}])
async def test_what_is_neither_folder_nor_product_nor_in_the_cache_is_said_to_be_none_of_them(
    tmp_path: Path, data: Path, run: str, left: dict[str, str] | None
) -> None:
    if left is not None:
        (data / "connection.json").write_text(json.dumps(left))
    done = await merged(tmp_path, "me/soup")
    assert done.exit_code == 1
    for word in ("me/soup is not a folder under", "not a known product", "not in the cache"):
        assert word in done.stderr.replace("\n", " ")
