"""A new kind of run needs only new files: a contract, two handlers and a command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from math import prod
from pathlib import Path

import pytest
from running import RunningHub, started_hub
from safetensors import safe_open

ROOT = Path(__file__).parents[1]
ADDED = Path(__file__).with_name("added_kind")

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages, with the files of one more kind."""
    house = tmp_path_factory.mktemp("house")
    for source in (ROOT / "shared" / "src", *ROOT.glob("services/*/src")):
        shutil.copytree(source, house, dirs_exist_ok=True)
    before = {path.relative_to(house) for path in house.rglob("*.py")}
    added = {path.relative_to(ADDED) for path in ADDED.rglob("*.py")}
    assert not added & before
    shutil.copytree(ADDED, house, dirs_exist_ok=True)
    return house


@pytest.fixture(scope="module")
def hub(house: Path, store_folder: Path, models: Path) -> Iterator[RunningHub]:
    """A hub that knows the kind."""
    with started_hub(store_folder / "added", models, PYTHONPATH=str(house)) as running:
        yield running


def test_a_run_of_an_added_kind_goes_all_the_way(
    house: Path, hub: RunningHub, models: Path
) -> None:
    ran = subprocess.run(
        [Path(sys.prefix) / "bin" / "mergehub", "count", "base", "--follow"],
        env=os.environ
        | {"PYTHONPATH": str(house), "MERGEHUB_URL": hub.url, "MERGEHUB_TOKEN": hub.token},
        capture_output=True,
        text=True,
    )
    with safe_open(models / "base" / "model.safetensors", framework="numpy") as file:
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118
    counted = f"{len(shapes)} tensors, {sum(map(prod, shapes))} elements"
    assert ran.stdout.splitlines()[-1] == counted, ran.stderr


def test_the_document_tells_of_it(hub: RunningHub) -> None:
    with hub.client() as client:
        document = client.get("/registry/openapi.json")
    assert "CountRunCreate" in document["components"]["schemas"]
