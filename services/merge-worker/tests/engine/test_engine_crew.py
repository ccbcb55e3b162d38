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
