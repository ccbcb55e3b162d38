"""The supervisor over real children."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mergehub.hub.process import CannotStart
from mergehub.hub.supervisor import DEATHS_ALLOWED, Program, Supervisor

pytestmark = pytest.mark.process

WAITS = "import signal; signal.pause()"
NOTES_ITS_START_AND_WAITS = f"print('started', flush=True); {WAITS}"


def _program(folder: Path, name: str, code: str) -> Program:
    return Program(name, [sys.executable, "-c", code], {}, folder / f"{name}.log")


class _Pids:
    """The children's ids that the supervisor reports; a test can wait for a state of them."""

    def __init__(self) -> None:
        self.now: list[int] = []
        self._changed = threading.Condition()

    def __call__(self, pids: list[int]) -> None:
        with self._changed:
            self.now = pids
            self._changed.notify_all()

    def wait_for(self, state: Callable[[list[int]], bool]) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: state(self.now), timeout=30)


def test_a_fallen_child_is_started_again(tmp_path: Path) -> None:
    pids = _Pids()
    child = _program(tmp_path, "child", WAITS)
    supervisor = Supervisor([child], pids)
    supervisor.launch(child)
    first = child.pid
    assert first is not None

    def interrupt_after_restart() -> None:
        os.kill(first, signal.SIGKILL)
        pids.wait_for(lambda now: now != [first])
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt_after_restart).start()
    with pytest.raises(KeyboardInterrupt):
        supervisor.watch()
    assert child.pid not in (None, first)
    assert child.poll() is None
    supervisor.stop()
    assert pids.now == []


def test_a_child_that_keeps_ending_ends_the_hub_with_its_last_words(tmp_path: Path) -> None:
    child = _program(tmp_path, "child", "import sys; sys.exit('no space left')")
    supervisor = Supervisor([child], _Pids())
    supervisor.launch(child)
    with pytest.raises(CannotStart, match=rf"child ended {DEATHS_ALLOWED} times(.|\n)*no space"):
        supervisor.watch()


def test_at_a_start_one_death_is_enough(tmp_path: Path) -> None:
    child = _program(tmp_path, "child", "")
    supervisor = Supervisor([child], _Pids())
    supervisor.launch(child)
    os.waitid(os.P_PID, child.pid or 0, os.WEXITED | os.WNOWAIT)
    with pytest.raises(CannotStart, match="child ended at its start"):
        supervisor.check([child])


def test_children_stop_in_the_reverse_order(tmp_path: Path) -> None:
    order: list[str] = []

    class Recorded(Program):
        def stop(self) -> None:
            super().stop()
            order.append(self.name)

    parts = [Recorded(n, [sys.executable, "-c", WAITS], {}, tmp_path / n) for n in "abc"]
    supervisor = Supervisor(parts, _Pids())
    for part in reversed(parts):
        supervisor.launch(part)
    supervisor.stop()
    assert order == ["c", "b", "a"]


def test_a_child_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    ignores = "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True);" + WAITS
    child = Program(
        "stubborn", [sys.executable, "-c", ignores], {}, tmp_path / "log", seconds_to_stop=0.2
    )
    child.launch()
    pid = child.pid
    assert pid is not None
    child.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_an_overlong_log_is_set_aside(tmp_path: Path) -> None:
    child = _program(tmp_path, "child", NOTES_ITS_START_AND_WAITS)
    with child.log.open("wb") as log:
        log.truncate(11 * 1024**2)
    child.launch()
    child.stop()
    assert child.log.stat().st_size < 100
    assert (tmp_path / "child.old.log").stat().st_size == 11 * 1024**2
