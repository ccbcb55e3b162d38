"""Loops go on after any failure, and a loop that is late is reported."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest

from mergehub.backoff import Backoff
from mergehub.kit.telemetry import loops as background
from mergehub.kit.telemetry.loops import running, turned
from mergehub.kit.telemetry.metrics import LoopMetrics

Until = Callable[..., Awaitable[None]]


class Unprintable(Exception):
    def __str__(self) -> str:
        raise OSError("no space left on device")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "BACKOFF", Backoff(first=0.001, longest=0.001))


@pytest.mark.parametrize(
    "error", [ValueError("wrong"), Unprintable(), asyncio.CancelledError(), TimeoutError(), None]
)
async def test_a_loop_begins_anew_whatever_ends_it(error: BaseException | None) -> None:
    tries, third = 0, asyncio.Event()

    async def loop() -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            third.set()
        if error is not None:
            raise error

    async with running({"loop": loop}):
        await third.wait()


async def test_a_log_that_cannot_be_written_ends_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(background.log, "warning", full, raising=False)
    await test_a_loop_begins_anew_whatever_ends_it(ValueError("wrong"))


async def test_a_loop_that_hangs_is_named_and_begun_anew(
    until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "TURN_SECONDS", 0.05)
    begun, free = 0, asyncio.Event()

    async def hangs() -> None:
        nonlocal begun
        begun += 1
        await free.wait()
        turned(60)
        await asyncio.Event().wait()

    async with running({"relay": hangs}) as loops:
        metrics = CollectorRegistry()
        metrics.register(LoopMetrics(loops))

        async def is_named() -> bool:
            return begun > 1 and bool(loops.faults())

        async def is_well() -> bool:
            return not loops.faults()

        await until(is_named)
        assert loops.faults() == ["The loop relay has made no progress for too long: it hung."]
        assert 'mergehub_loop_late_seconds{loop="relay"} 0.0\n' not in _told(metrics)
        free.set()
        await until(is_well)
        assert 'mergehub_loop_late_seconds{loop="relay"} 0.0\n' in _told(metrics)


async def test_readiness_tells_nobody_the_words_of_an_error(
    until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "TURN_SECONDS", 0.05)

    async def loop() -> None:
        raise RuntimeError("hunter2")

    async with running({"sender": loop}) as loops:

        async def is_named() -> bool:
            return bool(loops.faults())

        await until(is_named)
        assert loops.faults() == [
            "The loop sender has made no progress for too long: RuntimeError."
        ]


async def test_a_turn_outside_of_any_loop_is_nothing() -> None:
    turned()


def _told(metrics: CollectorRegistry) -> str:
    return generate_latest(metrics).decode()


def test_the_log_tells_which_loop_failed(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    from mergehub.kit.telemetry.logs import configure_logging

    configure_logging("info")
    try:
        asyncio.run(_fail_once())
    finally:
        structlog.configure(**before)
    line = json.loads(capsys.readouterr().err.splitlines()[0])
    assert (line["loop"], line["error"]) == ("loop", "ValueError: wrong")


async def _fail_once() -> None:
    failed = asyncio.Event()

    async def loop() -> None:
        failed.set()
        raise ValueError("wrong")

    async with running({"loop": loop}):
        await failed.wait()
