"""`docs/shell.md` and `docs/backup.md` agree with the commands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mergehub.cli.main import main

pytestmark = pytest.mark.process

DOCS = Path(__file__).parents[2] / "docs"
PROGRAM = Path(sys.prefix) / "bin" / "mergehub"


def _examples(page: str) -> list[list[str]]:
    """The words of every `mergehub …` line in the page's code blocks."""
    lines = re.findall(r"^ {4}(mergehub .*)$", (DOCS / page).read_text(), re.M)
    return [shlex.split(line.partition(" < ")[0], comments=True) for line in lines]


def _names(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from _names(command, (*path, name))
        else:
            yield (*path, name)


def _parsed(words: list[str]) -> tuple[str, ...]:
    """The command's name. Raises click's error if an example is wrong."""
    group: click.Group = main
    path: tuple[str, ...] = ()
    for place, word in enumerate(words[1:], 2):
        command = group.get_command(click.Context(group), word)
        assert command is not None, f"there is no {word}"
        path = (*path, word)
        if not isinstance(command, click.Group):
            _parse(command, words[place:])
            return path
        group = command
    raise AssertionError(f"{words} names no command")


def _parse(command: click.Command, words: list[str]) -> None:
    """Parse only the parameters, since an example's files and hub do not exist here."""
    context = click.Context(command, resilient_parsing=False)
    values, rest, _ = command.make_parser(context).parse_args(args=list(words))
    assert rest == [], rest
    for parameter in command.params:
        given = values.get(parameter.name or "")
        assert given is not None or not parameter.required, f"{words} lacks {parameter.name}"


@pytest.mark.parametrize("page", ["shell.md", "backup.md"])
def test_every_example_is_understood(page: str) -> None:
    examples = _examples(page)
    assert len(examples) > 3
    for words in examples:
        _parsed(words)


def test_every_command_has_an_example() -> None:
    assert {_parsed(words) for words in _examples("shell.md")} == set(_names(main))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_completion(shell: str) -> None:
    line = next(
        line for line in (DOCS / "shell.md").read_text().splitlines() if f"{shell}_source" in line
    )
    assert f"_MERGEHUB_COMPLETE={shell}_source mergehub" in line
    done = subprocess.run(
        [PROGRAM], env=os.environ | {"_MERGEHUB_COMPLETE": f"{shell}_source"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert f"{shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mergehub ba", {"backup"}),
        ("mergehub tokens re", {"revoke"}),
        ("mergehub methods dare", {"dare_linear", "dare_ties"}),
        ("mergehub merge --th", {"--threads"}),
    ],
)
def test_completion_offers_what_begins_so(line: str, expected: set[str]) -> None:
    words = line.split()
    env = {"_MERGEHUB_COMPLETE": "bash_complete", "COMP_WORDS": line}
    env["COMP_CWORD"] = str(len(words) - 1)
    done = subprocess.run(
        [PROGRAM], env=os.environ | env, capture_output=True, text=True, timeout=60, check=False
    )
    assert {each.partition(",")[2] for each in done.stdout.split()} == expected


def test_completing_a_command_imports_no_command() -> None:
    code = (
        "import os, sys, atexit\n"
        "atexit.register(lambda: print('rich' in sys.modules, 'numpy' in sys.modules))\n"
        "from mergehub.cli.main import main\n"
        "main(prog_name='mergehub')\n"
    )
    env = {"_MERGEHUB_COMPLETE": "bash_complete", "COMP_WORDS": "mergehub ", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | env,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "False False"


def test_bash_takes_the_line_of_the_page() -> None:
    line = 'eval "$(_MERGEHUB_COMPLETE=bash_source mergehub)"'
    assert line in (DOCS / "shell.md").read_text()
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"{line}; complete -p mergehub"], env=os.environ | {"PATH": path},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "mergehub" in done.stdout
