"""Threads that share tensors: each item once, in order, whichever thread works on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from merge_worker.engine.machine.crew import Crew, Stopped


def run(crew: Crew, jobs: list[Callable[[], Any]], threads: int) -> list[BaseException | None]:
    """Do jobs in threads and return what each thread raised."""
    with ThreadPoolExecutor(threads) as pool:
        futures = crew.run(pool, threads, iter(jobs))
        wait(futures, 60)
    return [future.exception() for future in futures]


def test_a_thread_without_a_job_helps_within_a_large_one() -> None:
    crew, seen, both = Crew(), set(), threading.Barrier(2)

    def meet(item: int) -> int:
        both.wait(30)  # passes only if two threads are in the sweep at the same time
        seen.add(threading.get_ident())
        return 2 * item

    results: list[int] = []
    raised = run(crew, [lambda: results.extend(crew.sweep(range(10), meet))], threads=2)
    assert raised == [None, None]
    assert results == [2 * item for item in range(10)]
    assert len(seen) == 2


def test_sweeps_of_several_jobs_do_not_mix() -> None:
    crew = Crew()
    found: dict[int, list[int]] = {}

    def job(number: int) -> Callable[[], None]:
        return lambda: found.update({number: crew.sweep(range(50), lambda i: number * 100 + i)})

    assert run(crew, [job(n) for n in range(20)], threads=4) == [None] * 4
    assert found == {n: [n * 100 + i for i in range(50)] for n in range(20)}


def test_what_is_added_up_is_complete_whoever_adds() -> None:
    crew = Crew()
    totals: list[int] = []

    def add(item: int, total: list[int]) -> None:
        total[0] += item

    def job() -> None:
        totals.append(sum(total[0] for total in crew.tally(range(1000), lambda: [0], add)))

    assert run(crew, [job, job], threads=3) == [None] * 3
    assert totals == [sum(range(1000))] * 2


def test_the_first_error_ends_a_sweep_and_the_crew() -> None:
    crew, tried = Crew(), []

    def fail(item: int) -> None:
        tried.append(item)
        raise ValueError(item)

    def later() -> None:
        raise AssertionError("no job begins after an error")

    raised = run(crew, [lambda: crew.sweep(range(1000), fail), later], threads=1)
    assert [type(each) for each in raised] == [ValueError]
    assert tried == [0]


def test_a_stopped_crew_takes_nothing_more() -> None:
    crew = Crew()
    crew.stop()
    with pytest.raises(Stopped):
        crew.sweep([1, 2, 3], lambda item: item)
    with pytest.raises(Stopped):
        crew.sweep([1], lambda item: item)


def test_stopping_in_the_middle_lets_every_thread_end() -> None:
    crew = Crew()

    def stop(item: int) -> int:
        if item == 5:
            crew.stop()
        return item

    def endless() -> Iterator[Callable[[], Any]]:
        while True:
            yield lambda: crew.sweep(range(10), stop)

    with ThreadPoolExecutor(3) as pool:
        futures = crew.run(pool, 3, endless())
        assert not wait(futures, 60).not_done
    assert [future.exception() for future in futures] == [None] * 3


def test_jobs_hold_no_more_at_a_time_than_there_is_room_for() -> None:
    crew, lock = Crew(room=10), threading.Lock()
    held, most = [0], [0]

    def job(size: int) -> Callable[[], None]:
        def hold() -> None:
            with crew.room(size):
                with lock:
                    held[0] += size
                    most[0] = max(most[0], held[0])
                crew.sweep(range(20), lambda item: item)
                with lock:
                    held[0] -= size

        return hold

    sizes = [10, 7, 6, 5, 5, 4, 3, 3, 2, 1, 0] * 5
    assert run(crew, [job(size) for size in sizes], threads=4) == [None] * 4
    assert held == [0]
    assert most[0] <= 10


def test_a_thread_that_waits_for_room_helps_the_one_that_has_it() -> None:
    crew, both = Crew(room=1), threading.Barrier(2)

    def hold() -> None:
        with crew.room(1):
            crew.sweep(range(2), lambda item: both.wait(30))  # passes only with a helper

    assert run(crew, [hold, hold], threads=2) == [None] * 2


def test_a_thread_that_waits_for_room_ends_when_the_crew_stops() -> None:
    crew, held = Crew(room=1), []

    def hold() -> None:
        with crew.room(2):
            held.append(True)

    with ThreadPoolExecutor(1) as pool:
        (future,) = crew.run(pool, 1, iter([hold]))
        crew.stop()
        assert future.result(60) is None
    assert not held
