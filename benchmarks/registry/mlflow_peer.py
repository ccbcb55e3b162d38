"""MLflow's newest release in a virtual environment of its own, as a server with many models.

It has its usual four processes for requests, and none for jobs such as evaluations of language
models, which look for work all the time.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from benchmarks.lineage.server import Server, free_port, wait_for
from benchmarks.registry import processor
from benchmarks.registry.made import Made, recipes
from mergehub.kit.database.connections import connect

CACHE = Path(__file__).parents[2] / ".cache" / "bench"
PACKAGES = ("mlflow", "psycopg2-binary")
DRIVER = "postgresql+psycopg2"  # SQLAlchemy's default is another one since 2.1
START_SECONDS = 900
OPTIONS = ("--uvicorn-opts", f"--timeout-worker-healthcheck {START_SECONDS}")
"""Without it, a process that takes more than five seconds to start is ended, and started again."""
SETTINGS = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
DATABASE = "mlflow"
AT_ONCE = 10_000
MODELS = ("name", "creation_time", "last_updated_time")
TAGS = ("name", "key", "value")


def tags_of(made: Made) -> dict[str, str]:
    """The three tags of a model: what a recipe has as a tag, a method and a licence."""
    return {
        "topic": made.tags[0],
        "method": made.shape.method,
        "licence": made.licence or "none",
    }


@contextmanager
def mlflow(url: str, models: int) -> Iterator[Server]:
    """A server with so many models, in a database of its own beside the one of `url`."""
    own = urlsplit(url)._replace(path=f"/{DATABASE}")
    store = own._replace(scheme=DRIVER).geturl()
    command = _installed()
    asyncio.run(_create(url))
    port = free_port()
    where = ["--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [command, "server", "--backend-store-uri", store, *where, *OPTIONS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ) | SETTINGS,
        start_new_session=True,
    )
    try:
        server = Server(port, psutil.Process(process.pid))
        wait_for(server, "/health", START_SECONDS)
        asyncio.run(_fill(own.geturl(), models))  # it has made its tables
        processor.wait_for_rest(server.process)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _installed() -> Path:
    """The command; installs it if it is missing."""
    folder = CACHE / "mlflow"
    command = folder / "bin" / "mlflow"
    if not command.exists():
        print("Installing MLflow into its own environment …", file=sys.stderr)
        venv.create(folder, with_pip=False)
        uv = Path(sys.prefix) / "bin" / "uv"
        python = folder / "bin" / "python"
        subprocess.run([uv, "pip", "install", "-q", "--python", python, *PACKAGES], check=True)
    return command


async def _create(url: str) -> None:
    connection = await connect(url)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()


async def _fill(url: str, models: int) -> None:
    """Write models by COPY, with three tags each, as MLflow would."""
    connection = await connect(url, statement_seconds=None)
    try:
        if await connection.fetchval("SELECT count(*) FROM registered_models") >= models:
            return
        remaining = recipes(models)
        while some := list(islice(remaining, AT_ONCE)):
            named = [(f"{each.owner}-{each.name}", tags_of(each)) for each in some]
            rows = [(name, at, at) for at, (name, _) in enumerate(named)]
            tags = [(name, *tag) for name, each in named for tag in each.items()]
            for table, columns, records in (
                ("registered_models", MODELS, rows),
                ("registered_model_tags", TAGS, tags),
            ):
                await connection.copy_records_to_table(table, records=records, columns=columns)
        await connection.execute("VACUUM (ANALYZE) registered_models, registered_model_tags")
    finally:
        await connection.close()
