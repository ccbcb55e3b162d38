"""The command as a whole: quick to answer, and every name in its table leads somewhere."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from mergehub.cli.lazy import LazyGroup
from mergehub.cli.main import SECTIONS, main

HEAVY = {
    "rich", "httpx", "pydantic", "yaml", "fastapi", "uvicorn", "sqlalchemy", "asyncpg", "redis",
    "numpy", "numba", "torch", "safetensors", "transformers", "merge_worker",
}  # fmt: skip

TABLE = [(name, lazy) for commands in SECTIONS.values() for name, lazy in commands.items()]


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


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


def test_a_misspelt_command_names_the_nearest() -> None:
    done = CliRunner().invoke(main, ["lineag"])
    assert done.exit_code == 2
    assert "Did you mean lineage?" in done.output


def test_without_the_engine_a_sentence_says_how_to_install_it() -> None:
    done = _python(
        "import sys\n"
        "sys.modules['merge_worker'] = None\n"
        "from mergehub.cli.main import main\n"
        "main(['merge', 'recipe.yml', 'out'])"
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: This command needs the merge engine: pip install mergehub-worker\n"
    )
