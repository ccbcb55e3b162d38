"""The real stores for every test: embedded ones, or those that two variables name.

`MERGEHUB_TEST_DATABASE_URL` and `MERGEHUB_TEST_REDIS_URL` point the tests at any PostgreSQL and
Redis, to which the tests then write.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from seaweed import Seaweed
from sqlalchemy.engine import make_url
from tries import QUICK, THOROUGH
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, Scheduling

from mergehub.hub.postgres import Postgres
from mergehub.hub.valkey import Valkey
from mergehub.quick_start import quick_start

for profile, examples in (("quick", QUICK), ("thorough", THOROUGH)):
    settings.register_profile(  # a busy machine does not make a test fail
        profile,
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("quick")

LANE = {"chaos", "fuzz", "browser"}  # each file in a process of its own, beside the rest
WITH_PROCESSES = LANE | {"node", "compose"}
ASKED_FOR = {"compose", "long"}  # only a run that names the marker has these
TOGETHER = (  # one process takes the files of each, since what they share takes long to start
    r"tests/backup/",
    r"tests/doctor/",
    # A browser loses its requests whenever a network comes or goes, as those of the topology do.
    r"tests/hub/\w+_in_a_browser\.py|tests/test_compose_short\.py",
    r"tests/hub/",
    r"services/merge-worker/tests/(engine/in_transformers/|test_evaluate_gpu\.py)",
    # One lets the kernel kill a process for memory, and others ask whether it did so just then.
    r"services/merge-worker/tests/test_execution_(bucket|room|worker)\.py",
)
STARTS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system")

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # Shells make background commands ignore Ctrl-C, and their children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


class _ByFileAndFolder(LoadFileScheduling):
    """Each file is run by one process, and those of a row of TOGETHER by the same one."""

    def _split_scope(self, nodeid: str) -> str:
        rows = (row for row in TOGETHER if re.match(row, nodeid))
        return next(rows, super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Spread the tests over the processes."""
    return _ByFileAndFolder(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Import all tests and programs as programs import: nothing of it is searched for garbage."""
    with quick_start():
        return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a store as `process`; begin with the files that take long."""
    left_out = {each for each in ASKED_FOR if each not in config.option.markexpr}
    marked = [(item, {marker.name for marker in item.iter_markers()}) for item in items]
    marked = [(item, markers) for item, markers in marked if not markers & left_out]
    lane, long = set[Path](), set[Path]()
    for item, markers in marked:
        if markers & WITH_PROCESSES or "store_folder" in getattr(item, "fixturenames", ()):
            item.add_marker("process")
            markers.add("process")
        if "process" in markers:
            long.add(item.path)
        if markers & LANE:
            lane.add(item.path)
    items[:] = [item for item, _ in marked]
    items.sort(key=lambda item: (item.path not in lane, item.path not in long))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Note for each test whether it may start a process."""
    _Started.allowed = item.get_closest_marker("process") is not None
    try:
        return (yield)
    finally:
        _Started.allowed = True


class _Started:
    """Whether a process may be started now, and the hook that enforces it."""

    allowed = True

    @classmethod
    def audit(cls, event: str, arguments: tuple[object, ...]) -> None:
        if not cls.allowed and event in STARTS:
            cls.allowed = True  # the code that reports the failure may start processes
            pytest.fail(f"{event} {arguments[:2]}: mark this test with `pytest.mark.process`.")


def pytest_configure(config: pytest.Config) -> None:
    """Make a test without the marker `process` fail if it starts a process."""
    if "not process" in config.getoption("markexpr"):
        sys.addaudithook(_Started.audit)


@pytest.fixture(scope="session", autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the key that signs merges, and what else shells keep, out of the person's own folder."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def store_folder() -> Iterator[Path]:
    """A short path, since the path of a Unix socket may not be long."""
    with tempfile.TemporaryDirectory(prefix="mh-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_url(store_folder: Path) -> Iterator[str]:
    """A running PostgreSQL."""
    named = os.environ.get("MERGEHUB_TEST_DATABASE_URL")
    if named:
        yield named
        return
    server = Postgres(store_folder / "pg")
    server.start()
    _hurry(server)
    yield server.url
    server.stop()


def _hurry(server: Postgres) -> None:
    """Spare the server what only a machine without power needs: to wait for the disk."""
    settings = server.folder / "data" / "postgresql.auto.conf"
    with settings.open("a") as more:
        more.write("fsync = off\nfull_page_writes = off\n")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGHUP)


@pytest.fixture(scope="session")
def redis_url(store_folder: Path) -> Iterator[str]:
    """A running Redis or Valkey."""
    named = os.environ.get("MERGEHUB_TEST_REDIS_URL")
    if named:
        yield _of_this_process(named)
        return
    server = Valkey(store_folder / "vk")
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def seaweed(store_folder: Path) -> Iterator[Seaweed]:
    """A running S3-compatible server."""
    server = Seaweed(store_folder / "s3")
    server.start()
    yield server
    server.kill()


def _of_this_process(url: str) -> str:
    """The URL with a database number for each process of the tests, since they share a Redis."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return urlsplit(url)._replace(path=f"/{worker}").geturl()


@pytest.fixture(scope="session")
async def database_of(postgres_url: str) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """Makes an empty database for a purpose and returns its URL; dropped after the tests."""
    server = await asyncpg.connect(postgres_url)
    made: list[str] = []

    async def make(purpose: str) -> str:
        made.append(f"{purpose}_{uuid4().hex}")
        await server.execute(f"CREATE DATABASE {made[-1]}")
        return make_url(postgres_url).set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    for name in made:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()  # signals are for the tests


@pytest.fixture(scope="session")
def serving() -> Callable[[FastAPI], AbstractAsyncContextManager[str]]:
    """Serves an app on a loopback port while a block lasts; returns its address."""

    @asynccontextmanager
    async def serve(app: FastAPI) -> AsyncIterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = _Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
            task = asyncio.create_task(server.serve(sockets=[listener]))
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            server.should_exit = True
            await task

    return serve


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    """Returns as soon as a condition holds; fails if it does not hold in time."""

    async def wait(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 - another process, another connection
                await asyncio.sleep(0.01)

    return wait
