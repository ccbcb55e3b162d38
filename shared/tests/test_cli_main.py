"""The whole command answers quickly, and every name in its table is a command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mergehub.cli.lazy import LazyGroup
from mergehub.cli.main import SECTIONS, main

HEAVY = {
    "rich", "httpx", "pydantic", "yaml", "fastapi", "uvicorn", "sqlalchemy", "asyncpg", "redis",
    "numpy", "numba", "torch", "safetensors", "transformers", "merge_worker",
}  # fmt: skip

START = "from mergehub.cli.main import main; main()"
TABLE = [(name, lazy) for commands in SECTIONS.values() for name, lazy in commands.items()]


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.process
def test_help_imports_nothing_that_is_slow_to_import() -> None:
    done = _python(
        "import sys\n"
        "from mergehub.cli.main import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "print('loaded:', *sys.modules)"
    )
    help_text, _, loaded = done.stdout.partition("loaded: ")
    assert "lineage" in help_text
    assert HEAVY & set(loaded.split()) == set()


@pytest.mark.parametrize(("name", "lazy"), TABLE, ids=[name for name, _ in TABLE])
def test_each_command_exists_and_says_of_itself_what_the_list_says(name: str, lazy: object) -> None:
    assert isinstance(main, LazyGroup)
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert command.help is not None
    assert command.help.splitlines()[0] == main.table[name].help


@pytest.mark.process
def test_without_the_engine_a_sentence_says_how_to_install_it() -> None:
    done = _python(
        "import sys\n"
        "sys.modules['merge_worker'] = None\n"
        "from mergehub.cli.main import main\n"
        "main(['merge', 'recipe.yml', 'out'])"
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: This command needs the merge engine: run `pip install mergehub-worker`.\n"
    )


@pytest.mark.process
@pytest.mark.parametrize("command", ["methods", "methods ties", "check recipe.yml --json"])
def test_a_reader_that_goes_away_is_no_fault(command: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.yml").write_text("merge_method: linear\nmodels: [{model: a}, {model: b}]\n")
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-c", START, *command.split()], cwd=tmp_path,
        stdout=theirs, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    os.close(theirs)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.process
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_formulas_are_printed_whatever_letters_the_terminal_has(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", START, "methods", "ties"],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["shwo", "soup"], "Did you mean show?"),
        (["tokens", "revok", "ci"], "Did you mean 'revoke'?"),
        (["runs", "--limt", "3"], "Did you mean '--limit'?"),
        (["frobnicate"], "See mergehub --help."),
    ],
)
def test_what_is_misspelt_names_the_nearest(words: list[str], hint: str) -> None:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert hint in done.stderr


@pytest.mark.parametrize("command", ["check", "publish", "plan", "merge"])
@pytest.mark.parametrize("kind", ["folder", "missing", "binary", "latin", "empty", "null"])
def test_whatever_file_is_given_a_sentence_answers(command: str, kind: str, tmp_path: Path) -> None:
    if command in ("plan", "merge"):
        pytest.importorskip("merge_worker", reason="the merge engine is a separate package")
    file = tmp_path / "recipe.yml"
    content = {"binary": bytes(range(256)), "latin": b"a: \xe9", "empty": b"", "null": b"\0" * 9}
    if kind == "folder":
        file.mkdir()
    elif kind != "missing":
        file.write_bytes(content[kind])
    given = [command, str(file), *([str(tmp_path / "out")] if command == "merge" else [])]
    done = CliRunner().invoke(main, given, env={"MERGEHUB_URL": "http://127.0.0.1:9"})
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code == (2 if kind in ("folder", "missing") else 1)
    assert "recipe.yml" in done.stderr
    assert "Error: " in done.stderr
