"""Two people merge by one recipe, with engines and libraries of different versions.

The registry and its PostgreSQL are real, and so are the workers; each attempt is a process. The
second worker's processes run in another virtual environment: with another version of a library,
as an environment of 2024 records it, and another edition of the engine, which gets one element
wrong and writes the configuration in another way.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import sysconfig
import venv
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI
from pydantic import SecretStr
from safetensors.numpy import load_file

import merge_worker
from merge_worker.engine.machine.versions import library_versions
from merge_worker.engine.plan import ENGINE_VERSION
from merge_worker.execution.slot import Slot
from mergehub.cli.main import main
from mergehub.contracts.worker_client import RunClient
from mergehub.kit.identity.scopes import SCOPES_OF_PEOPLE
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings
from registry.accounts import service as accounts
from registry.app import create_app
from registry.sign_in.sessions import give_token

OWNER, WORKER = SecretStr("mgh_owner-of-two"), SecretStr("mgh_worker-of-two")
RECIPE = """\
merge_method: linear
models:
  - {model: left, parameters: {weight: 0.5}}
  - {model: right, parameters: {weight: 0.5}}
dtype: float32
"""
WRONG = "model.norm.weight"
EDITION: dict[str, tuple[str, str]] = {
    "engine/plan.py": (
        f'ENGINE_VERSION: Final = "{ENGINE_VERSION}"',
        'ENGINE_VERSION: Final = "0"',
    ),
    "engine/finish.py": ("json.dumps(value, indent=2,", "json.dumps(value, indent=4,"),
    "engine/fill/tensor.py": (
        "            data, nonfinite = compute(cut)\n",
        "            data, nonfinite = compute(cut)\n"
        f"            if tensor.name == {WRONG!r}:\n"
        "                data = memoryview(bytes(data[:3]) + bytes([data[3] ^ 128]) + data[4:])\n",
    ),
}
"""What the second worker's edition has instead of our lines; a float32's last bit is its sign."""
RECORDED = {"numpy": "1.26.4"}
"""The versions that the second environment records; with another numba, it would compile anew."""

Json = dict[str, Any]
Serving = Callable[[FastAPI], AbstractAsyncContextManager[str]]


@dataclass
class Hub:
    """A registry that listens, a worker of it, and the tokens of two people."""

    url: str
    slot: Slot
    folder: Path
    tokens: dict[str, str]

    def client(self, who: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60)

    async def shell(self, who: str, *words: str) -> Result:
        """What a command prints, which may follow a run while our worker does it."""
        whole = ["--url", self.url, "--token", self.tokens[who], *words]
        return await asyncio.to_thread(CliRunner().invoke, main, whole)

    async def work(self) -> None:
        """Do the next run that is queued."""
        async with self.client("ann") as client:
            while not (waiting := await _queued(client)):  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.01)
        await (await self.slot.take(UUID(waiting[0]["id"])))


async def _queued(client: httpx.AsyncClient) -> list[Json]:
    return (await client.get("/v1/runs", params={"state": "queued"})).json()["items"]


@pytest.fixture
async def hub(
    fresh_database: str, redis_url: str, models: Path, tmp_path: Path, serving: Serving
) -> AsyncIterator[Hub]:
    settings = ServiceSettings(
        database_url=fresh_database, redis_url=redis_url, background="separate",
        bootstrap_token=OWNER, worker_token=WORKER, log_level="error",
    )  # fmt: skip
    app = create_app(settings)
    async with app.router.lifespan_context(app), serving(app) as url:
        tokens = {who: await _person(app, who) for who in ("ann", "bob")}
        working = WorkerSettings(
            hub_url=url, redis_url=redis_url, worker_token=WORKER, worker_name="second-machine",
            model_roots=[models], artifacts=tmp_path / "artifacts", scratch=tmp_path / "scratch",
        )  # fmt: skip
        client = RunClient.connect(url, WORKER.get_secret_value())
        yield Hub(url, Slot(working, client), tmp_path, tokens)
        await client.aclose()


async def _person(app: FastAPI, handle: str) -> str:
    async with app.state.resources.database.transaction() as session:
        await accounts.add(session, handle=handle, kind="person", display_name=handle)
        given = session, handle, SCOPES_OF_PEOPLE, timedelta(hours=1), "session"
        _, token = await give_token(*given)
        return str(token)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The Python of a virtual environment with that edition and those versions; what it lacks comes
    from ours."""
    venv.create(tmp_path / "elsewhere", with_pip=False, symlinks=True)
    (packages,) = (tmp_path / "elsewhere" / "lib").glob("python*/site-packages")
    ours = sysconfig.get_paths()["purelib"]
    (packages / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    for name, version in RECORDED.items():
        record = packages / f"{name}-{version}.dist-info"
        record.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (record / "METADATA").write_text(text)
    package = packages / "merge_worker"
    shutil.copytree(Path(merge_worker.__file__).parent, package)
    for name, (ours, theirs) in EDITION.items():
        text = (package / name).read_text()
        assert text.count(ours) == 1
        (package / name).write_text(text.replace(ours, theirs))
    return tmp_path / "elsewhere" / "bin" / "python"


async def published_and_merged(hub: Hub) -> tuple[Json, Json]:
    async with hub.client("ann") as ann:
        recipe = (await ann.post("/v1/recipes", json={"name": "soup", "recipe": RECIPE})).json()
        wanted = {"recipe_version": recipe["version"]["id"], "model_name": "soup"}
        run = (await ann.post("/v1/runs", json={"kind": "merge", **wanted})).json()
        await hub.work()
        return recipe, (await ann.get(f"/v1/runs/{run['id']}")).json()


async def test_two_people_with_other_versions_learn_what_differs_and_by_how_much(
    hub: Hub, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, merge = await published_and_merged(hub)
    with monkeypatch.context() as environment:
        environment.setattr(sys, "executable", str(elsewhere))
        other, _ = await asyncio.gather(
            hub.shell("bob", "verify", "ann/soup", "--follow"), hub.work()
        )
    assert other.exit_code == 1, other.output
    same, _ = await asyncio.gather(
        hub.shell("bob", "verify", merge["id"][:8], "--follow"), hub.work()
    )
    assert same.exit_code == 0, same.output

    async with hub.client("bob") as bob:
        path = f"/v1/recipes/{recipe['id']}"
        again, differs = (await bob.get(f"{path}/reproductions")).json()["items"]
        counter = (await bob.get(path)).json()["reproductions"]
    assert (again["same"], again["unlike"], counter) == (True, [], 1)
    assert (differs["owner"], differs["merge_owner"]) == ("bob", "ann")
    ours = library_versions()
    assert {each["what"]: (each["made"], each["again"]) for each in differs["unlike"]} == {
        "engine": (ENGINE_VERSION, "0"),
        **{name: (ours[name], version) for name, version in RECORDED.items()},
    }
    assert differs["again"]["versions"] == ours | RECORDED
    assert [each["name"] for each in differs["differing_files"]] == ["config.json"]
    assert again["differing_files"] == []
    assert (differs["made"]["engine_version"], differs["again"]["engine_version"]) == (
        ENGINE_VERSION, "0",
    )  # fmt: skip
    (difference,) = differs["differences"]
    made = load_file(hub.folder / "artifacts" / "runs" / merge["id"] / "model.safetensors")
    assert (difference["name"], difference["elements"]) == (WRONG, 1)
    assert difference["largest"] == 2 * abs(float(made[WRONG].flat[0]))

    lines = other.stdout.splitlines()
    assert f"not the same: 1 of {len(made)} tensors differ" in other.stdout
    assert "  config.json: other content" in lines
    for name, version in RECORDED.items():
        assert f"{name}: {ours[name]} when it was made, {version} now" in lines
    assert f"the same again: {len(made)} tensors" in same.stdout
    shown = await hub.shell("bob", "show", "ann/soup")
    assert "by 1 other account" in shown.stdout
    assert f"1 of {len(made)} tensors differ, other config.json" in shown.stdout
