"""A companion answers in order, and whatever becomes of it, nobody who asks it waits for long."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from captured_logs import captured_logs

from mergehub.kit.background import answering, companion
from mergehub.kit.background.answering import HEAD
from mergehub.kit.background.apart import Failed
from mergehub.kit.background.companion import Companion

Until = Callable[..., Awaitable[None]]

PROGRAM = """
import os, signal, sys
from mergehub.kit.background import answering

def answer(question):
    if question == b"end":
        os._exit(3)
    if question == b"hang":
        signal.pause()
    if question == b"ram":
        return bytes(answering.MEMORY)
    if question == b"long":
        return b"x" * 300_000
    if question == b"chatter":
        answering._say(b"more")
    if question == b"id":
        return str(os.getpid()).encode()
    return question[::-1]

answering.answer_all(answer)
"""
pytestmark = pytest.mark.process


def holds(true: Callable[[], object]) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return bool(true())

    return look


def failures(said: list[Any]) -> list[Any]:
    """What was logged of companions; services of other tests log as well."""
    return [each for each in said if each["event"] == "companion.failed"]


@pytest.fixture
async def beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: Until
) -> AsyncIterator[Companion]:
    (tmp_path / "backwards.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(companion, "PAUSE_SECONDS", 0.0)
    made = Companion("backwards")
    await until(holds(made.ready))
    yield made
    await made.close()


async def test_it_answers_what_is_asked_at_once_in_order(beside: Companion) -> None:
    questions = [f"{each}".encode() * 1000 for each in range(100)]
    answers = await asyncio.gather(*map(beside.ask, questions))
    assert answers == [question[::-1] for question in questions]
    assert len(await beside.ask(b"long")) == 300_000


async def test_it_is_not_started_before_it_is_wanted() -> None:
    unwanted = Companion("backwards")
    with pytest.raises(Failed):
        await unwanted.ask(b"x")
    await unwanted.close()


@pytest.mark.parametrize("bad", [b"end", b"ram", b"chatter"])
async def test_all_that_wait_are_told_when_it_fails_and_another_one_follows(
    beside: Companion, until: Until, bad: bytes
) -> None:
    first = await beside.ask(b"id")
    with captured_logs() as said:
        asked = await asyncio.gather(*map(beside.ask, (b"ab", bad, b"cd")), return_exceptions=True)
        assert asked[0] == b"ba"
        assert isinstance(asked[2], Failed) or bad == b"chatter"
        await until(holds(lambda: failures(said)))
        await until(holds(beside.ready))
    assert len(failures(said)) == 1
    assert await beside.ask(b"id") != first


async def test_one_that_answers_nothing_is_given_up(
    beside: Companion, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companion, "SILENCE_SECONDS", 0.05)
    process = int(await beside.ask(b"id"))
    asked = await asyncio.gather(*map(beside.ask, (b"hang", b"x")), return_exceptions=True)
    assert all(isinstance(each, Failed) for each in asked)
    await until(holds(lambda: beside._running is None))
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_one_that_is_killed_while_idle_is_no_fault(beside: Companion, until: Until) -> None:
    process = int(await beside.ask(b"id"))
    with captured_logs() as said:
        os.kill(process, signal.SIGKILL)
        await until(holds(lambda: not beside.ready()))
        await until(holds(beside.ready))
    assert not failures(said)
    assert int(await beside.ask(b"id")) != process


async def test_who_no_longer_waits_leaves_the_others_their_answers(beside: Companion) -> None:
    gone = asyncio.ensure_future(beside.ask(b"ab"))
    stays = asyncio.ensure_future(beside.ask(b"cd"))
    await asyncio.sleep(0)  # so that both have asked
    gone.cancel()
    assert await stays == b"dc"


async def test_after_a_failure_it_is_not_started_at_once(
    beside: Companion, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companion, "PAUSE_SECONDS", 1000.0)
    with captured_logs(), pytest.raises(Failed):
        await beside.ask(b"end")
    assert not beside.ready()
    assert beside._running is None


@pytest.mark.parametrize("module", ["no_such_module", "this"])
async def test_a_module_that_cannot_do_it_is_logged(module: str, until: Until) -> None:
    wrong = Companion(module)
    with captured_logs() as said:
        assert not wrong.ready()
        await until(holds(lambda: failures(said)))
    assert failures(said)[0]["why"] in ("It ended.", "It answers too much.")
    await wrong.close()


async def test_closing_ends_the_process_and_those_who_wait(beside: Companion) -> None:
    process = int(await beside.ask(b"id"))
    asked = asyncio.ensure_future(beside.ask(b"hang"))
    await asyncio.sleep(0)  # so that it is asked
    await beside.close()
    with pytest.raises(Failed):
        await asked
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def _program(tmp_path: Path, more: str = "") -> subprocess.Popen[bytes]:
    (tmp_path / "alone.py").write_text(
        PROGRAM.replace("answering.answer_all", f"{more}\nanswering.answer_all")
    )
    return subprocess.Popen(
        [sys.executable, str(tmp_path / "alone.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def test_the_program_ends_with_the_service_and_not_by_ctrl_c(tmp_path: Path) -> None:
    with _program(tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.read(HEAD.size) == HEAD.pack(0)
        process.send_signal(signal.SIGINT)
        process.stdin.write(HEAD.pack(2) + b"ab")
        process.stdin.flush()
        assert process.stdout.read(HEAD.size + 2) == HEAD.pack(2) + b"ba"
        process.stdin.close()
        assert process.wait(60) == 0


def test_the_program_ends_when_nobody_reads_its_answers(tmp_path: Path) -> None:
    with _program(tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.read(HEAD.size)
        process.stdout.close()
        process.stdin.write(HEAD.pack(4) + b"long")
        process.stdin.flush()
        assert process.wait(60) == 1


def test_the_program_ends_after_a_while_without_questions(tmp_path: Path) -> None:
    with _program(tmp_path, "answering.IDLE_SECONDS = 1") as process:
        assert process.wait(60) == -signal.SIGALRM


def test_a_question_that_breaks_off_is_the_last(tmp_path: Path) -> None:
    with _program(tmp_path) as process:
        assert process.stdin is not None
        process.stdin.write(HEAD.pack(answering.LONGEST) + b"ab")
        process.stdin.close()
        assert process.wait(60) == 0
