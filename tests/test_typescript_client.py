"""The TypeScript client: compiled strictly, then used against a real hub and a misbehaving one."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from npm import CACHE, install, node
from running import RunningHub

from mergehub import __version__

ROOT = Path(__file__).parents[1]
CLIENTS = ROOT / "clients"
BUILT = CACHE / "clients"
MADE = shutil.ignore_patterns("node_modules", "dist", "generated")

pytestmark = pytest.mark.timeout(180)


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
    install(folder)
    node(folder, "npm", "run", "build")
    return folder


def _readme() -> str:
    return (CLIENTS / "typescript" / "README.md").read_text()


@pytest.mark.parametrize("package", ["clients/typescript", "tests/receivers/javascript"])
def test_the_lock_file_names_no_addresses_of_packages(package: str) -> None:
    assert '"resolved"' not in (ROOT / package / "package-lock.json").read_text()


def test_it_has_the_version_of_the_hub() -> None:
    package = json.loads((CLIENTS / "typescript" / "package.json").read_text())
    assert package["version"] == __version__


def test_its_tests_and_its_example_are_well_typed(client: Path) -> None:
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
