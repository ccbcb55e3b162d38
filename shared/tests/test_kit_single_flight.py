"""Concurrent callers share a question; no answer is older than its question."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mergehub.kit.single_flight import SingleFlight


class Counter:
    """A thing that changes with every look; each look waits until the test releases it."""

    def __init__(self) -> None:
        self.begun = 0
        self.began = asyncio.Event()
        self.go = asyncio.Event()

    async def look(self, key: str) -> tuple[str, int]:
        self.begun += 1
        number = self.begun
        self.began.set()
        await self.go.wait()
        if key == "lost":
            raise LookupError(key)
        return key, number

    def shared(self, *, fresh: bool = True) -> Callable[[str], Awaitable[tuple[str, int]]]:
        self.flight = SingleFlight[str, tuple[str, int]](fresh=fresh)
        return lambda key: self.flight(key, lambda: self.look(key))


async def test_who_asks_at_once_shares_a_look() -> None:
    counter = Counter()
    looks = counter.shared()
    counter.go.set()
    assert await asyncio.gather(*(looks("a") for _ in range(1000))) == [("a", 1)] * 1000
    assert sorted(await asyncio.gather(looks("a"), looks("b"))) == [("a", 2), ("b", 3)]


async def test_who_asks_after_a_look_began_gets_a_newer_one() -> None:
    counter = Counter()
    looks = counter.shared()
    early = asyncio.ensure_future(looks("a"))
    await counter.began.wait()
    counter.began.clear()
    late = asyncio.ensure_future(looks("a"))
    await counter.began.wait()
    counter.go.set()
    assert await asyncio.gather(early, late) == [("a", 1), ("a", 2)]


async def test_who_leaves_takes_the_look_from_nobody() -> None:
    counter = Counter()
    looks = counter.shared()
    leaving, staying = asyncio.ensure_future(looks("a")), asyncio.ensure_future(looks("a"))
    await counter.began.wait()
    leaving.cancel()
    counter.go.set()
    assert await staying == ("a", 1)


async def test_an_error_reaches_everyone_who_waits() -> None:
    counter = Counter()
    looks = counter.shared()
    counter.go.set()
    for found in await asyncio.gather(looks("lost"), looks("lost"), return_exceptions=True):
        assert isinstance(found, LookupError)
    with pytest.raises(LookupError):
        await looks("lost")
    assert counter.begun == 2


async def test_at_the_end_no_look_goes_on() -> None:
    counter = Counter()
    looks = counter.shared()
    before = asyncio.all_tasks()
    leaving = asyncio.ensure_future(looks("a"))
    await counter.began.wait()
    leaving.cancel()
    await counter.flight.close()
    assert asyncio.all_tasks() - before <= {leaving}


async def test_who_needs_no_newer_answer_joins_a_look_that_has_begun() -> None:
    counter = Counter()
    looks = counter.shared(fresh=False)
    early = asyncio.ensure_future(looks("a"))
    await counter.began.wait()
    late = asyncio.ensure_future(looks("a"))
    await asyncio.sleep(0)
    counter.go.set()
    assert await asyncio.gather(early, late) == [("a", 1), ("a", 1)]
    assert await looks("a") == ("a", 2)


async def test_what_was_forgotten_is_looked_at_anew() -> None:
    counter = Counter()
    looks = counter.shared(fresh=False)
    early = asyncio.ensure_future(looks("a"))
    await counter.began.wait()
    counter.flight.forget()
    late = asyncio.ensure_future(looks("a"))
    await asyncio.sleep(0)
    counter.go.set()
    assert await asyncio.gather(early, late) == [("a", 1), ("a", 2)]
    assert await looks("a") == ("a", 3)
