"""Housekeeping: each noun declares its tasks, all run, and no task delays the others."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

import registry
from mergehub.kit.background.resources import Resources
from mergehub.kit.database import housekeeping as kit
from mergehub.kit.database.housekeeping import Housekeeping, Task, tasks_of
from registry.background import BACKGROUND, make_housekeeping
from registry.runs.protocol.sweeper import Sweeper

Call = Callable[..., Awaitable[Any]]

OF_ITS_OWN = '''\
"""Forgetting notes."""

from sqlalchemy import text

from mergehub.kit.database import housekeeping as kit
from mergehub.kit.database.housekeeping import Task


async def forget_notes(session):
    return (await session.execute(text("DELETE FROM notes"))).rowcount


TASKS = (Task("notes.forget", forget_notes),)
'''


@pytest.fixture
async def notes(transaction: Any) -> Any:
    """A table of the test's own; returns the number of its rows."""

    async def count() -> int:
        async with transaction() as session:
            return await session.scalar(text("SELECT count(*) FROM notes"))

    async with transaction() as session:
        await session.execute(text("CREATE TABLE notes (id int)"))
        await session.execute(text("INSERT INTO notes SELECT generate_series(1, 7)"))
    yield count
    async with transaction() as session:
        await session.execute(text("DROP TABLE notes"))


@pytest.fixture
def noun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A noun added to the registry: a folder with two files."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Notes."""\n')
    (folder / "housekeeping.py").write_text(OF_ITS_OWN)
    monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(tmp_path)])
    yield
    for name in ("registry.notes", "registry.notes.housekeeping"):
        sys.modules.pop(name, None)
    del registry.notes


def deleting(number: int) -> Callable[[AsyncSession], Awaitable[int]]:
    """A task that deletes this many notes."""

    async def delete(session: AsyncSession) -> int:
        some = f"DELETE FROM notes WHERE id IN (SELECT id FROM notes LIMIT {number})"
        return (await session.execute(text(some))).rowcount

    return delete


async def failing(session: AsyncSession) -> int:
    await session.execute(text("DELETE FROM notes"))
    raise RuntimeError("no")


async def hanging(session: AsyncSession) -> int:
    await asyncio.Event().wait()
    return 0


async def test_a_noun_adds_a_task_by_adding_files_alone(
    resources: Resources, notes: Call, noun: None
) -> None:
    await make_housekeeping(resources).keep()
    assert await notes() == 0


def test_the_registrys_nouns_declare_their_tasks() -> None:
    assert sorted(task.name for task in tasks_of(registry)) == [
        "artifacts.note",
        "idempotency.forget_keys",
        "search.describe_recipes",
        "sign_in.forget_codes",
        "sign_in.forget_sessions",
        "webhooks.forget_deliveries",
        "workers.forget",
    ]


def test_it_is_one_of_the_registrys_loops(resources: Resources) -> None:
    assert "housekeeping" in BACKGROUND.loops(resources)


@pytest.mark.parametrize("wrong", [failing, hanging])
async def test_a_task_that_fails_or_hangs_is_logged_and_keeps_no_other_from_being_done(
    resources: Resources, notes: Call, monkeypatch: pytest.MonkeyPatch, wrong: Any
) -> None:
    monkeypatch.setattr(Housekeeping, "TASK_SECONDS", 0.5)
    tasks = [Task("notes.first", wrong), Task("notes.second", deleting(3))]
    logged = []
    monkeypatch.setattr(kit.log, "warning", lambda *_, **told: logged.append(told), raising=False)
    await Housekeeping(resources.database, tasks).keep()
    assert [each["task"] for each in logged] == ["notes.first"]
    assert await notes() == 4, "the failed task was rolled back, and the other is done"


async def test_a_task_that_failed_is_tried_again_the_next_time(
    resources: Resources, notes: Call
) -> None:
    tried = []

    async def once_failing(session: AsyncSession) -> int:
        tried.append(len(tried))
        return await (deleting(1) if len(tried) > 1 else failing)(session)

    housekeeping = Housekeeping(resources.database, [Task("notes.one", once_failing)])
    await housekeeping.keep()
    assert await notes() == 7
    await housekeeping.keep()
    assert await notes() == 6


async def test_a_task_with_more_to_do_goes_on_but_not_for_ever(
    resources: Resources, notes: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Housekeeping, "BATCHES", 10)
    calls = []

    async def endless(session: AsyncSession) -> int:
        calls.append(session)
        return 5

    tasks = [Task("notes.endless", endless, batch=5), Task("notes.some", deleting(3), batch=3)]
    await Housekeeping(resources.database, tasks).keep()
    assert len(calls) == 10
    assert await notes() == 0


async def test_of_two_replicas_one_does_a_task(resources: Resources, notes: Call) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(session: AsyncSession) -> int:
        begun.set()
        await go_on.wait()
        return 0

    one = Housekeeping(resources.database, [Task("notes.one", slow)])
    other = Housekeeping(resources.database, [Task("notes.one", deleting(7))])
    keeping = asyncio.create_task(one.keep())
    await begun.wait()
    await other.keep()
    assert await notes() == 7
    go_on.set()
    await keeping
    await other.keep()
    assert await notes() == 0


async def test_the_sweeper_sweeps_runs_alone(
    owner: httpx.AsyncClient, submit: Call, sweeper: Sweeper, transaction: Any
) -> None:
    await submit()
    old = "INSERT INTO workers (name, hardware, capacity, version, seen_at) "
    old += "VALUES ('old', 'cpu', '{}', '1', now() - interval '9 d')"
    async with transaction() as session:
        await session.execute(text(old))
    await sweeper.sweep()
    async with transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM workers")) == 1


async def test_a_one_time_code_that_no_shell_came_for_is_forgotten(
    owner: httpx.AsyncClient, housekeeping: Housekeeping, transaction: Any
) -> None:
    async def left(minutes: int) -> int:
        made = f"UPDATE sign_ins SET created_at = now() - interval '{minutes} min'"
        async with transaction() as session:
            await session.execute(text(made))
        await housekeeping.keep()
        async with transaction() as session:
            return await session.scalar(text("SELECT count(*) FROM sign_ins"))

    code = (
        "INSERT INTO sign_ins (code, challenge, account, scopes) VALUES ('c', 'd', 'local', '{}')"
    )
    async with transaction() as session:
        await session.execute(text(code))
    assert await left(4) == 1
    assert await left(6) == 0
