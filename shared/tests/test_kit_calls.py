"""Calls of channels after commits: none is missing, and many are made as one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from mergehub.kit.database.calls import Call, Calls

ONE, OTHER = ("channel", "one"), ("channel", "other")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Calls, "PAUSE_SECONDS", 0)


async def test_the_first_call_is_made_at_once_and_those_meanwhile_together() -> None:
    made: list[set[Call]] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def make(calls: Collection[Call]) -> None:
        made.append(set(calls))
        begun.set()
        await go_on.wait()

    calls = Calls(make)
    calls.soon([ONE])
    await begun.wait()
    for each in (ONE, OTHER, ONE):
        calls.soon([each])
    assert made == [{ONE}]
    go_on.set()
    await calls.close()
    assert made == [{ONE}, {ONE, OTHER}]
    calls.soon([OTHER])
    await calls.close()
    assert made[2:] == [{OTHER}]


async def test_a_call_that_fails_does_not_keep_others_from_being_made() -> None:
    made: list[set[Call]] = []

    async def make(calls: Collection[Call]) -> None:
        made.append(set(calls))
        if len(made) == 1:
            raise OSError("the database is gone")

    calls = Calls(make)
    calls.soon([ONE])
    await calls.close()
    calls.soon([OTHER])
    await calls.close()
    assert made == [{ONE}, {OTHER}]
