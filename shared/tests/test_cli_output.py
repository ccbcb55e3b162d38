"""What is printed for people: nothing that tells two things apart is cut away."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import click
import pytest
from rich.console import Console

from mergehub.cli.finding import beginning
from mergehub.cli.output import details, table
from mergehub.cli.runs import how_far
from mergehub.client.near import near
from mergehub.contracts.examples import RUN
from mergehub.contracts.runs import Run

NAMES = [f"laboratory/{'a-very-long-name-' * 5}{ending}" for ending in ("left", "right")]


@pytest.mark.parametrize("width", [20, 40, 80, 100])
def test_long_names_go_on_in_the_next_line(width: int) -> None:
    listed = table("run", "model", "state")
    for name in NAMES:
        listed.add_row("0" * 36, name, "succeeded")
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(listed)
        console.print(details({"model": NAMES[0]}))
    lines = captured.get().splitlines()
    assert "…" not in captured.get()
    assert max(map(len, lines)) <= width
    letters = "".join(captured.get().split())
    for letter in set("".join(NAMES)):
        assert letters.count(letter) >= "".join([*NAMES, NAMES[0]]).count(letter)


def _printed(columns: str, *, terminal: bool) -> str:
    code = (
        "from mergehub.cli.output import show, table\n"
        f"listed = table('model', 'state')\n"
        f"for name in {NAMES!r}: listed.add_row(name, 'succeeded')\n"
        "show(listed)\n"
    )
    env = os.environ | {"COLUMNS": columns, "TERM": "xterm"}
    command = [sys.executable, "-c", code]
    if not terminal:
        return subprocess.run(
            command, env=env, stdout=subprocess.PIPE, text=True, check=True
        ).stdout
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, env=env, stdout=theirs) as child:
        assert child.wait(60) == 0
    os.close(theirs)
    with os.fdopen(ours, "rb") as screen:
        return re.sub(r"\x1b\[[0-9;]*m", "", screen.read1(1 << 16).decode())


def test_a_pipe_gets_whole_lines_whatever_the_terminal_is() -> None:
    lines = _printed("40", terminal=False).splitlines()
    assert [line.split() for line in lines] == [
        ["model", "state"], *([name, "succeeded"] for name in NAMES),
    ]  # fmt: skip
    assert all(line == line.rstrip() for line in lines)


def test_a_terminal_gets_lines_of_its_width() -> None:
    lines = _printed("50", terminal=True).splitlines()
    assert max(map(len, lines)) <= 50
    assert len(lines) > 3


def test_the_nearest_names_are_asked_for() -> None:
    assert near("tiny-tie", ["tiny-ties", "soup"]) == "Did you mean tiny-ties?"
    assert near("SOUP", ["soup", "other"]) == "Did you mean soup?"
    assert near("x", ["soup"]) == ""


def test_several_that_begin_alike_are_named() -> None:
    ids = [f"abcdef{number}" for number in range(7)]
    assert beginning("ABCDEF3", ids) == "abcdef3"
    assert beginning("bbbbbb", ids) is None
    with pytest.raises(click.ClickException, match=r"abcdef0, abcdef1.* and 2 more"):
        beginning("abcdef", ids)


@pytest.mark.parametrize(("total", "shown"), [(0, "load the harness"), (9, "fill 3/9 tensors")])
def test_progress_has_numbers_where_the_whole_is_known(total: int, shown: str) -> None:
    run = {**RUN, "state": "running"}
    stage, done = ("fill", 3) if total else ("load the harness", 0)
    run["progress"] = {"stage": stage, "done": done, "total": total, "unit": "tensors"}
    assert how_far(Run.model_validate(run)) == shown
