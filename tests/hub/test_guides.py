"""The guides' snippets, run against a real hub as a reader runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import published_openlineage
import pytest
from made_once import CACHE
from mypy import api as mypy
from running import RunningHub, eventually, started_hub
from snippets import MARK, blocks, check, program, retold, transcript
from when_used import when_used

from mergehub.client import HubClient

torch = when_used("torch")
tensor_files = when_used("safetensors.torch")

pytestmark = pytest.mark.timeout(300)


NEEDED = ("curl", "jq", "openssl")
MISSING = [each for each in NEEDED if shutil.which(each) is None]
with_curl = pytest.mark.skipif(bool(MISSING), reason=f"There is no {', '.join(MISSING)} here.")


def run(hub: RunningHub, *command: str, cwd: Path | None = None) -> str:
    """The output of a command that finds the hub by two variables; it must succeed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"HUB": hub.url, "TOKEN": hub.token, "PATH": path},
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


ROOT = Path(__file__).parents[2]


def test_a_recipe_is_published_forked_run_verified_and_exported(
    hub: RunningHub, models: Path, tmp_path: Path
) -> None:
    """The walk of a recipe in a shell, with tiny models by the names of the demo's."""
    shutil.copytree(models / "base", models / "SmolLM2-135M-Instruct")
    for skill in ("dates", "sql"):
        shutil.copytree(models / "adapter", models / "adapters" / skill)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    parts = blocks("first-recipe.md", "sh")
    script = f"export MERGEHUB_URL={hub.url} MERGEHUB_TOKEN={hub.token}\n" + program("sh", parts)
    check("sh", parts, run_here(tmp_path, "bash", "-euo", "pipefail", "-c", script))


@with_curl
def test_the_recipes_with_curl(measured_hub: RunningHub, tmp_path: Path) -> None:
    parts = blocks("recipes.md", "sh")
    file = tmp_path / "recipes.sh"
    file.write_text(program("sh", parts))
    check("sh", parts, run(measured_hub, "bash", "-eu", str(file)))


def test_the_recipes_in_python(measured_hub: RunningHub, tmp_path: Path) -> None:
    parts = blocks("recipes.md", "python")
    file = tmp_path / "recipes.py"
    file.write_text(program("python", parts))
    check("python", parts, run(measured_hub, sys.executable, str(file)))
    said, _, status = mypy.run(["--strict", "--cache-dir", str(CACHE / "mypy"), str(file)])
    assert status == 0, said


def test_the_example_of_the_python_clients(hub: RunningHub, tmp_path: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text("\n".join(blocks("../python.md", "python")))
    said = run(hub, sys.executable, str(file)).splitlines()
    assert said[-1] == "True"
    assert any(line.startswith("succeeded ") for line in said)
    assert "stew" in said


@with_curl
def test_a_stranger_receives_a_signed_event(
    hub: RunningHub, free_port: int, tmp_path: Path
) -> None:
    """The transcript of the first webhook, command by command."""

    def here(text: str) -> str:
        return text.replace("9000", str(free_port))

    (receiver,) = blocks("first-webhook.md", "python")
    (tmp_path / "receiver.py").write_text(here(receiver))
    steps = transcript("first-webhook.md")
    script = tmp_path / "commands.sh"
    script.write_text(here(program("sh", [command for command, _ in steps])))
    printed = run(hub, "bash", "-eu", str(script), cwd=tmp_path)
    for (command, told), said in zip(steps, printed.split(f"{MARK}\n")[1:], strict=True):
        assert re.fullmatch(retold(here(told)), said), f"{command}\nprinted\n{said}"


def run_here(folder: Path, *command: str) -> str:
    """The output of a command in a folder; it must succeed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path},
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.process
def test_the_method_of_the_guide_is_tried_and_merges(models: Path, tmp_path: Path) -> None:
    method, tried = blocks("write-a-method.md", "python")
    (recipe,) = blocks("write-a-method.md", "yaml")
    for name, text in {"agreement.py": method, "recipe.yml": recipe}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "tried.py").write_text(program("python", [tried]))
    check("python", [tried], run_here(tmp_path, sys.executable, "tried.py"))
    for name in ("base", "left", "right"):
        shutil.copytree(models / name, tmp_path / name)
    steps = transcript("write-a-method.md")
    script = program("sh", [command for command, _ in steps])
    printed = run_here(tmp_path, "bash", "-euc", script)
    for (command, told), said in zip(steps, printed.split(f"{MARK}\n")[1:], strict=True):
        assert re.fullmatch(retold(told), said), f"{command}\nprinted\n{said}"
    same_as_in_float64(tmp_path)


def same_as_in_float64(folder: Path) -> None:
    """Check the guide's merge element by element against its formula."""
    base, left, right, merged = (
        tensor_files.load_file(folder / name / "model.safetensors")
        for name in ("base", "left", "right", "merged")
    )
    for name, values in merged.items():
        origin = base[name].double()
        first, second = 1.5 * (left[name].double() - origin), right[name].double() - origin
        agreed = torch.where(first * second > 0, (first + second) / 2, 0)
        close = torch.isclose(values.double(), origin + agreed, rtol=2.0**-8, atol=1e-6)
        assert close.all(), name


@pytest.fixture
def empty_hub(tmp_path: Path, models: Path) -> Iterator[RunningHub]:
    """A hub of its own, since the guide's statistics are of all models."""
    with started_hub(tmp_path / "hub", models, workers=0) as running:
        yield running


def test_an_edge_list_is_imported_and_a_licence_followed(
    empty_hub: RunningHub, tmp_path: Path
) -> None:
    """The transcript of the guide to lineage, command by command."""
    (tmp_path / "here").mkdir()
    steps = transcript("lineage.md")
    script = "export MERGEHUB_URL=$HUB MERGEHUB_TOKEN=$TOKEN\n"
    script += program("sh", [command for command, _ in steps])
    printed = run(empty_hub, "bash", "-euc", script, cwd=tmp_path / "here")
    for (command, told), said in zip(steps, printed.split(f"{MARK}\n")[1:], strict=True):
        assert re.fullmatch(retold(told), said), f"{command}\nprinted\n{said}"


def test_results_of_others_are_imported_and_exported(empty_hub: RunningHub, tmp_path: Path) -> None:
    """The transcript of the guide to results, command by command."""
    (tmp_path / "here").mkdir()
    steps = transcript("results.md")
    script = "export MERGEHUB_URL=$HUB MERGEHUB_TOKEN=$TOKEN\n"
    script += program("sh", [command for command, _ in steps])
    printed = run(empty_hub, "bash", "-euc", script, cwd=tmp_path / "here")
    for (command, told), said in zip(steps, printed.split(f"{MARK}\n")[1:], strict=True):
        assert re.fullmatch(retold(told), said), f"{command}\nprinted\n{said}"


@with_curl
def test_a_stranger_listens_to_a_merge(hub: RunningHub, free_port: int, tmp_path: Path) -> None:
    """The transcript of the first listener; the export names the same run."""

    def here(text: str) -> str:
        return text.replace("5000", str(free_port))

    (listener,) = blocks("openlineage.md", "python")
    (tmp_path / "listener.py").write_text(here(listener))
    steps = transcript("openlineage.md")
    script = "export MERGEHUB_URL=$HUB MERGEHUB_TOKEN=$TOKEN\n"
    script += here(program("sh", [command for command, _ in steps]))
    printed = run(hub, "bash", "-euc", script, cwd=tmp_path)
    for (command, told), said in zip(steps, printed.split(f"{MARK}\n")[1:], strict=True):
        assert re.fullmatch(retold(here(told)), said), f"{command}\nprinted\n{said}"
    sent = json.loads((tmp_path / "events.jsonl").read_text().splitlines()[-1])
    with hub.client() as client:
        exported = eventually(lambda: the_merge(client, sent["run"]["runId"]))
    for event in (sent, exported):
        published_openlineage.check(event)
        del event["eventTime"]
        event["inputs"].sort(key=itemgetter("name"))
        event["outputs"][0]["facets"]["lineage"]["inputs"].sort(key=itemgetter("name"))
    assert sent == exported


def the_merge(client: HubClient, run: str) -> dict[str, Any] | None:
    """How a run completed, by the export of lineage."""
    lines = b"".join(client.pieces("/v1/graph/export", format="openlineage")).splitlines()
    found = (
        event for line in lines if (event := json.loads(line)).get("run", {}).get("runId") == run
    )
    return next((event for event in found if event["eventType"] == "COMPLETE"), None)
