"""The TypeScript client, compiled strictly and used with a real hub and a misbehaving one."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from npm import install, node
from running import RunningHub
from snippets import blocks, check, program

from mergehub import __version__

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "clients"
MADE = shutil.ignore_patterns("node_modules", "dist", "generated")

pytestmark = [pytest.mark.timeout(180), pytest.mark.node]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's package, copied aside, built and packed."""
    built = tmp_path_factory.mktemp("clients") / "clients"
    shutil.copytree(CLIENTS, built, ignore=MADE)
    folder = built / "typescript"
    example = "\n".join(re.findall(r"^```ts\n(.*?)^```$", _readme(), re.MULTILINE | re.DOTALL))
    (folder / "test" / "readme.ts").write_text(example)
    (folder / "test" / "every.ts").write_text(every_operation())
    (folder / "test" / "recipes.ts").write_text(program("ts", blocks("recipes.md", "ts")))
    install(folder)
    node(folder, "npm", "pack")
    return folder


def _readme() -> str:
    return (CLIENTS / "typescript" / "README.md").read_text()


def every_operation() -> str:
    """A program, only compiled, that names each operation of the documents by path and by id."""
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


@pytest.mark.parametrize("package", ["clients/typescript", "tests/receivers/javascript"])
def test_the_lock_file_names_no_addresses_of_packages(package: str) -> None:
    assert '"resolved"' not in (ROOT / package / "package-lock.json").read_text()


def test_it_has_the_version_of_the_hub() -> None:
    package = json.loads((CLIENTS / "typescript" / "package.json").read_text())
    assert package["version"] == __version__


def _oldest(range_: str) -> tuple[int, ...]:
    """The first version of a range such as `>=20.3`, the only form in use here."""
    (version,) = re.findall(r"^>=\s*([0-9.]+)$", range_)
    return tuple(map(int, version.split(".")))


def test_each_dependency_runs_where_the_client_says_it_runs() -> None:
    folder = CLIENTS / "typescript"
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    engine = json.loads((folder / "package.json").read_text())["engines"]["node"]
    assert f"Node {engine.removeprefix('>=')} and newer" in _readme()
    for name, package in packages.items():
        if not package.get("dev") and "engines" in package:
            assert _oldest(package["engines"]["node"]) <= _oldest(engine), name


def test_the_file_that_the_readme_names_is_what_npm_pack_makes(
    client: Path, tmp_path: Path
) -> None:
    (file,) = re.findall(r"clients/typescript/(\S+\.tgz)", _readme())
    node(tmp_path, "npm", "install", "--no-audit", "--no-fund", str(client / file))
    using = 'import { Mergehub } from "@mergehub/client"; console.log(typeof Mergehub);'
    (tmp_path / "using.mjs").write_text(using)
    assert node(tmp_path, "node", "using.mjs").strip() == "function"


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
