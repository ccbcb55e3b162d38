"""The models of a hub: listed, downloaded whole or resumed, pinned and deleted, in the shell."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from running import RunningHub, finish

from mergehub.artifacts.record import record_of
from mergehub.cli.main import main
from mergehub.client import HubError, Mergehub, download
from mergehub.client.downloading import DownloadFailed

RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: right}]\n"


@pytest.fixture
def mergehub(hub: RunningHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The shell in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def mergehub(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["--url", hub.url, "--token", hub.token, *arguments])

    return mergehub


@pytest.fixture(scope="module")
def run(hub: RunningHub) -> str:
    """A run that has stored a model."""
    with hub.client() as client:
        wanted = {"kind": "merge", "recipe": RECIPE, "model_name": "shell/stored"}
        return str(finish(client, client.submit(wanted)).id)


@pytest.fixture
def client(hub: RunningHub) -> Iterator[Mergehub]:
    with Mergehub(hub.url, hub.token) as client:
        yield client


def stored(hub: RunningHub, run: str) -> Path:
    return hub.data / "artifacts" / "runs" / run


def same(one: Path, other: Path, run: str) -> bool:
    """Whether two folders have the same files."""
    return record_of(one, run, 0).files == record_of(other, run, 0).files  # type: ignore[arg-type]


def test_a_model_is_listed_shown_and_downloaded(
    hub: RunningHub, mergehub: Any, run: str, tmp_path: Path
) -> None:
    listed = mergehub("artifacts", "--model", "shell/stored")
    assert run in listed.output, listed.output
    (one,) = json.loads(mergehub("artifacts", "list", "--model", "shell/STORED", "--json").output)
    shown = json.loads(mergehub("artifacts", "show", run[:8], "--json").output)
    assert one["size"] == sum(each["size"] for each in shown["files"])
    assert shown["provenance"] == "provenance.intoto.jsonl"
    told = mergehub("artifacts", "show", "shell/stored").output
    assert all(each["sha256"] in told for each in shown["files"])
    done = mergehub("download", "shell/stored")
    assert done.exit_code == 0, done.output
    assert f"stored: {len(shown['files'])} files" in done.stdout
    assert same(tmp_path / "stored", stored(hub, run), run)
    verified = mergehub("verify", "./stored", "--key", str(_keys(mergehub, tmp_path)))
    assert "are as they were signed" in verified.output, verified.output
    again = mergehub("download", "shell/stored")
    assert again.exit_code == 1
    assert "stored exists already" in again.output


def _keys(mergehub: Any, folder: Path) -> Path:
    path = folder / "hub.pem"
    path.write_text(mergehub("keys", "--hub").stdout)
    return path


def test_an_interrupted_download_continues_and_what_is_wrong_comes_again(
    hub: RunningHub, mergehub: Any, run: str, tmp_path: Path
) -> None:
    coming = tmp_path / f"out.{run[:8]}.partial"
    source = stored(hub, run)
    names = sorted(path.name for path in source.iterdir())
    coming.mkdir()
    for place, name in enumerate(names):
        content = (source / name).read_bytes()
        half = len(content) // 2
        made = (content, content[:half], b"x" * half, b"", content + b"more")[place % 5]
        (coming / name).write_bytes(made)
    done = mergehub("download", run, "out", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["folder"] == "out"
    assert same(tmp_path / "out", source, run)
    assert not coming.exists()


def test_a_download_that_is_stopped_leaves_what_it_has(
    client: Mergehub, run: str, tmp_path: Path, hub: RunningHub
) -> None:
    def stop(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(client, run, tmp_path / "out", on_bytes=stop, streams=1)
    assert not (tmp_path / "out").exists()
    seen: list[int] = []
    download(client, run, tmp_path / "out", on_bytes=lambda done, _: seen.append(done))
    assert same(tmp_path / "out", stored(hub, run), run)
    total = sum(path.stat().st_size for path in (tmp_path / "out").iterdir())
    assert seen[-1] == total
    assert not [each for each in threading.enumerate() if each.name.startswith("download")]


def test_a_damaged_model_is_not_taken_for_the_right_one(
    client: Mergehub, hub: RunningHub, run: str, tmp_path: Path
) -> None:
    path = stored(hub, run) / "config.json"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b" ")
    try:
        with pytest.raises(DownloadFailed, match=r"config\.json did not arrive"):
            download(client, run, tmp_path / "out")
    finally:
        path.write_bytes(content)
    assert not (tmp_path / "out").exists()
    download(client, run, tmp_path / "out")
    assert same(tmp_path / "out", stored(hub, run), run)


def test_a_model_is_pinned_needed_and_deleted(hub: RunningHub, mergehub: Any, run: str) -> None:
    assert "is pinned" in mergehub("artifacts", "pin", run).output
    refused = mergehub("artifacts", "delete", run)
    assert refused.exit_code == 1
    assert "It is pinned." in refused.output
    assert "is not pinned" in mergehub("artifacts", "unpin", run).output
    with hub.client() as client:
        recipe = RECIPE.replace("left", f"run:{run}")
        wanted = {"kind": "merge", "recipe": recipe, "model_name": "shell/user"}
        user = finish(client, client.submit(wanted))
    refused = mergehub("artifacts", "delete", run)
    assert f"The lock of run {user.id} names it." in refused.output
    assert "will be deleted in an hour" in mergehub("artifacts", "delete", "shell/user").output
    shown = json.loads(mergehub("artifacts", "show", "shell/user", "--json").output)
    assert (shown["state"], shown["why"]) == ("leaving", "Its owner deleted it.")
    assert "marked" in mergehub("artifacts", "collect").output
    assert mergehub("artifacts", "collect", "--dry-run", "--json").output == ""
    assert mergehub("artifacts", "collect", "--account", "local").exit_code == 2


def test_what_has_no_model_is_refused(mergehub: Any, client: Mergehub, tmp_path: Path) -> None:
    refused = mergehub("download", "shell/nothing")
    assert refused.exit_code == 1
    assert "No run of this hub has made a model of the name shell/nothing" in refused.output
    missing = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(HubError, match="no model of a run"):
        download(client, missing, tmp_path / "out")
