"""The smallest image and the list of its packages, made by its Dockerfile's own steps.

`make images` does the same with all images.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tools.images.sbom import SCHEMAS, compare, read_sbom
from tools.images.start import HEALTHY_SECONDS, STOP_SECONDS

ROOT = Path(__file__).parents[1]


class Made(NamedTuple):
    told: dict[str, str]
    """The tool's row on the image, by the heads of its table."""
    sbom: dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    folder = tmp_path_factory.mktemp("images")
    command = [sys.executable, "-m", "tools.images", "--folder", folder, "lineage"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    heads, _, cells = [
        [cell.strip() for cell in line.split("|")] for line in done.stdout.splitlines()[-3:]
    ]
    assert sorted(each.name for each in folder.iterdir()) == ["base", "sbom", "stores"]
    sbom = json.loads((folder / "sbom" / "lineage.cdx.json").read_bytes())
    return Made(dict(zip(heads, cells, strict=True)), sbom)


@pytest.mark.process
def test_the_image_is_built_becomes_healthy_and_ends_by_its_signal(made: Made) -> None:
    told = made.told
    assert (told["Image"], told["Target"]) == ("`lineage`", "`service`")
    assert 50 < int(told["MB over its base"]) < 300
    assert 0 < float(told["Seconds until healthy"]) < HEALTHY_SECONDS
    assert 0 < float(told["Seconds to end"]) < STOP_SECONDS


@pytest.mark.process
def test_its_list_names_the_shipped_packages_with_the_versions_of_the_constraints(
    made: Made,
) -> None:
    assert made.sbom["bomFormat"] == "CycloneDX"
    components = made.sbom["components"]
    assert len(components) == int(made.told["Packages in its SBOM"])
    listed = {each["name"].lower().replace("_", "-"): each["version"] for each in components}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.partition(";")[0].strip() for line in lines if "==" in line]
    ours = listed.keys() - {pin.partition("==")[0] for pin in pins}
    assert ours == {"mergehub", "mergehub-lineage"}
    assert {f"{name}=={listed[name]}" for name in listed.keys() - ours} <= set(pins)
    assert {"fastapi", "sqlalchemy", "uvicorn"} <= listed.keys()
    assert not {"pip", "uv", "torch", "pytest"} & listed.keys()
    purls = [each["purl"] for each in components if each["name"] not in ours]
    assert all(re.fullmatch(r"pkg:pypi/[^@]+@.+", purl) for purl in purls)


# What the tool refuses.


@pytest.fixture
def document(tmp_path: Path) -> Callable[..., Path]:
    """Write a document with these components, beside schemas of two files."""
    schemas = tmp_path / "stage" / SCHEMAS.replace("*", ".11")
    schemas.mkdir(parents=True)
    kind = {"properties": {"type": {"$ref": "kinds.SNAPSHOT.schema.json"}}}
    written = {
        "bom-1.6": {"properties": {"components": {"items": kind}}},
        "kinds": {"enum": ["library"]},
    }
    for name, told in written.items():
        address = {"$id": f"http://cyclonedx.org/schema/{name}.schema.json"}
        (schemas / f"{name}.SNAPSHOT.schema.json").write_text(json.dumps(told | address))

    def write(*components: dict[str, str]) -> Path:
        path = tmp_path / "odd.cdx.json"
        path.write_text(json.dumps({"specVersion": "1.6", "components": components}))
        return path

    return write


def test_a_list_is_read_by_the_names_of_packages(
    document: Callable[..., Path], tmp_path: Path
) -> None:
    path = document({"type": "library", "name": "Typing_Extensions", "version": "4.1"})
    assert read_sbom(path, [tmp_path / "stage"]) == {"typing-extensions": "4.1"}


@pytest.mark.parametrize(
    ("component", "said"),
    [
        ({"type": "book", "name": "a", "version": "1"}, r"components\[0\]\.type: 'book' is not"),
        ({"type": "library", "name": "a"}, "no version of a"),
    ],
)
def test_a_list_that_the_schema_refuses_or_without_a_version_is_an_error(
    document: Callable[..., Path], tmp_path: Path, component: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        read_sbom(document(component), [tmp_path / "stage"])


def test_an_image_that_differs_from_its_list_is_an_error() -> None:
    compare({"a": "1", "b": "2"}, {"b": "2", "a": "1"})
    with pytest.raises(ValueError, match="differ in a, c"):
        compare({"a": "1", "b": "2"}, {"a": "2", "b": "2", "c": "3"})
