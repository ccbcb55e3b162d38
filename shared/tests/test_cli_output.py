"""Output for people: nothing that distinguishes two things is cut off."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import click
import pytest

from mergehub.cli.commands.runs import _tell_end, how_far, outcome
from mergehub.cli.finding import beginning
from mergehub.cli.kinds.evaluate import command as evaluate
from mergehub.cli.kinds.merge import command as submit
from mergehub.client.near import near
from mergehub.contracts.examples import RUN
from mergehub.contracts.runs import (
    ErrorSummary,
    Run,
    RunState,
    RunSummary,
    timed_out,
)

NAMES = [f"laboratory/{'a-very-long-name-' * 5}{ending}" for ending in ("left", "right")]


IDS = ["61fed465-a061-4a32-89a2-4fcee70472c7", "9781a163-d26f-42a6-b145-e295e895c7f6"]
ROWS = [
    [id_, "merge", f"laboratory/tiny-{side}", "running", f"3/9 tensors and more {'words ' * 9}"]
    for id_, side in zip(IDS, ("left", "right"), strict=True)
]


def _printed(columns: str, *, terminal: bool, rows: list[list[str]] = ROWS) -> str:
    code = (
        "from mergehub.cli.output import show, table\n"
        f"listed = table('run', 'kind', 'model', 'state', 'progress')\n"
        f"for row in {rows!r}: listed.add_row(*row)\n"
        "show(listed)\n"
    )
    return _output(code, columns, terminal=terminal)


def _output(code: str, columns: str, *, terminal: bool, **more: str) -> str:
    env = os.environ | {"COLUMNS": columns, "TERM": "xterm"} | more
    command = [sys.executable, "-c", code]
    if not terminal:
        return subprocess.run(
            command, env=env, stdout=subprocess.PIPE, text=True, check=True
        ).stdout
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs) as child:
        assert child.wait(60) == 0
    os.close(theirs)
    with os.fdopen(ours, "rb") as screen:
        return re.sub(r"\x1b\[[0-9;]*m", "", screen.read1(1 << 16).decode())


@pytest.mark.process
def test_a_pipe_gets_whole_lines_whatever_the_terminal_is() -> None:
    lines = _printed("40", terminal=False).splitlines()
    assert [line.split() for line in lines] == [
        ["run", "kind", "model", "state", "progress"], *(" ".join(row).split() for row in ROWS),
    ]  # fmt: skip
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.process
@pytest.mark.parametrize("columns", [50, 60, 80, 100])
def test_in_a_terminal_no_id_name_or_state_is_broken_and_no_line_is_too_long(columns: int) -> None:
    printed = _printed(str(columns), terminal=True)
    assert max(map(len, printed.splitlines())) <= columns
    words = printed.split()
    for row in ROWS:
        for word in " ".join(row).split():
            assert words.count(word) >= sum(" ".join(each).split().count(word) for each in ROWS)


@pytest.mark.process
@pytest.mark.parametrize(
    ("lines", "terminal", "pager"), [(30, True, True), (9, True, False), (30, False, False)]
)
def test_a_pager_shows_what_is_longer_than_the_terminal(
    lines: int, terminal: bool, pager: bool
) -> None:
    code = (
        "from rich.text import Text\n"
        "from mergehub.cli.output import drawn, paged\n"
        f"paged(drawn(Text('\\n'.join(map(str, range({lines}))), style='red')))\n"
    )
    printed = _output(code, "80", terminal=terminal, LINES="10", PAGER="sed s/^/paged:/")
    found = [line.removeprefix("paged:") for line in printed.splitlines()]
    assert found == [str(n) for n in range(lines)]
    assert printed.count("paged:") == (lines if pager else 0)


@pytest.mark.process
def test_what_wraps_is_the_last_column() -> None:
    first, *more = [
        line for line in _printed("100", terminal=True).splitlines() if IDS[1] not in line
    ][1:3]
    assert first.startswith(f"{IDS[0]}  merge  laboratory/tiny-left   running  3/9 tensors")
    assert all(line.startswith(" " * len(IDS[0])) for line in more)


@pytest.mark.process
def test_where_the_columns_find_no_room_each_row_is_a_block() -> None:
    lines = _printed("60", terminal=True).splitlines()
    assert lines[:4] == [
        f"run       {IDS[0]}",
        "kind      merge",
        "model     laboratory/tiny-left",
        "state     running",
    ]
    assert lines.count("") == 1


@pytest.mark.process
@pytest.mark.parametrize("columns", [40, 80])
def test_a_word_longer_than_the_terminal_stays_whole(columns: int) -> None:
    rows = [["0" * 36, "merge", name, "succeeded", ""] for name in NAMES]
    printed = _printed(str(columns), terminal=True, rows=rows)
    for name in NAMES:
        assert f"model  {name}" in printed
    assert all(line == line.rstrip() for line in printed.splitlines())


@pytest.mark.process
@pytest.mark.parametrize("columns", [40, 80])
def test_a_tree_and_the_sides_of_one_thing_keep_their_words_whole(columns: int) -> None:
    digest = f"sha256:{'0' * 64}"
    code = (
        "from mergehub.cli.commands.lineage.trees import draw\n"
        "from mergehub.cli.output import details, show\n"
        f"names = {NAMES!r}\n"
        "nodes = [{'id': n, 'name': n} for n in names]\n"
        "edge = {'child': names[0], 'parent': names[1], 'role': 'base', 'relation': 'merge',\n"
        "        'method': None, 'weight': None}\n"
        "show(draw({'nodes': nodes, 'edges': [edge], 'start': names[0]}))\n"
        f"show(details({{'digest': {digest!r}}}))\n"
    )
    words = _output(code, str(columns), terminal=True).split()
    assert {*NAMES, digest} <= {*words}


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


def test_a_list_shows_an_error_of_several_lines_whole_in_one() -> None:
    message = "2 models cannot be read:\n- left: gone\n- right: gone"
    error = ErrorSummary(code="x", message=message)
    run = RunSummary.model_construct(state=RunState.FAILED, error=error)
    assert how_far(run) == "2 models cannot be read: - left: gone - right: gone"


def test_a_run_that_took_too_long_names_the_option_of_the_shell() -> None:
    told = timed_out(5).message
    assert "`timeout_seconds` (in the shell: `--timeout`)" in told
    for command in (submit, evaluate):
        assert "--timeout" in {option for param in command.params for option in param.opts}


def test_the_outcome_of_a_run_ends_with_what_was_not_done_as_asked() -> None:
    result = {
        "kind": "merge", "output_digest": "sha256:1", "lock_digest": "sha256:2",
        "engine_version": "5", "method": "linear", "tensors": 2, "bytes": 1000, "seconds": 1.0,
        "parents": [], "device": "cpu", "warnings": ["The GPU was not used: no GPU was found."],
    }  # fmt: skip
    earlier = ["The GPU lacked memory.", *result["warnings"]]
    of_all = {"state": "succeeded", "result": result, "warnings": earlier}
    assert outcome(Run.model_validate(RUN | of_all)).splitlines() == [
        "merged: 2 tensors, 1.0 kB, 1.0 s",
        "sha256:1",
        "warning: The GPU lacked memory.",
        "warning: The GPU was not used: no GPU was found.",
    ]


def test_a_failed_run_ends_with_what_was_not_done_as_asked() -> None:
    error = {"code": "x", "message": "It crashed.", "last_lines": ["bye"], "retryable": False}
    run = RUN | {"state": "failed", "error": error, "warnings": ["The GPU was not used."]}
    with pytest.raises(click.ClickException) as failed:
        _tell_end(Run.model_validate(run))
    assert failed.value.message.splitlines() == [
        "The run failed: It crashed.", "    bye", "warning: The GPU was not used.",
    ]  # fmt: skip
