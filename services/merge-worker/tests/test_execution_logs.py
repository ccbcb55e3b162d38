"""The logs of a worker and of its child are JSON lines with the ids of run and trace."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from at_work import bell, listening, merge_spec
from redis.asyncio import Redis
from structlog.testing import LogCapture

from merge_worker.child.logs import readable
from merge_worker.child.messages import Job
from mergehub.contracts.hardware import Capacity
from mergehub.kit.settings.service import WorkerSettings


@pytest.mark.process
async def test_a_run_that_fails_is_logged_by_worker_and_child(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    before, seen = structlog.get_config(), LogCapture()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, seen],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    run = hub.add(merge_spec("not a recipe"))
    try:
        async with listening(settings):
            await bell(redis, run)
            await hub.until(lambda: run.reports)
    finally:
        structlog.configure(**before)
    lines = {line["event"]: line for line in seen.entries}
    for event in ("run.claimed", "run.stage", "run.reported", "run.failed"):
        assert lines[event]["run"] == str(run.id)
    assert lines["run.failed"]["code"] == "merge-failed"
    log = settings.scratch / "runs" / str(run.id) / "child.log"
    of_child = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["event"] for line in of_child] == ["child.started", "child.stage", "child.ended"]
    assert {(line["run"], line["kind"]) for line in of_child} == {(str(run.id), "merge")}
    assert run.reports[0].error.last_lines == []


def test_people_read_warnings_and_tracebacks_but_not_how_the_work_went_on() -> None:
    line = {"run": "7f", "event": "It is odd.", "level": "warning"}
    assert readable(json.dumps(line)) == "It is odd."
    crashed = line | {"exception": "Traceback …\nValueError"}
    assert readable(json.dumps(crashed)) == "It is odd.\nTraceback …\nValueError"
    assert readable(json.dumps(line | {"level": "info"})) is None
    for text in ("Loading 3 shards", "7", '{"event": "a library\'s own JSON"}'):
        assert readable(text) == text


@pytest.mark.process
def test_a_receiver_of_traces_that_is_away_is_no_part_of_a_failed_run(tmp_path: Path) -> None:
    job = Job(
        run_id=uuid4(),
        spec=merge_spec("not a recipe"),
        products={},
        hardware="cpu",
        capacity=Capacity(memory=None, disk=1 << 40, gpu_memory=None),
        model_roots=(),
        task_roots=(),
        artifacts=tmp_path,
        scratch=tmp_path,
        parent=os.getpid(),
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    with socket.socket() as away:
        away.bind(("127.0.0.1", 0))  # and does not listen
        endpoint = f"http://127.0.0.1:{away.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-m", "merge_worker.execution.child"],
            input=job.model_dump_json(),
            env=os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
            capture_output=True,
            text=True,
            check=True,
        )
    lines = done.stderr.splitlines()
    assert [readable(line) for line in lines] == [None] * len(lines)
    of_traces = [line for line in lines if json.loads(line)["logger"].startswith("opentelemetry")]
    assert len(of_traces) == 1
