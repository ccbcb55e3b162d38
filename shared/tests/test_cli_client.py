"""The client without a hub: the grammar of its streams, and which hub it chooses."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from scripted import lose, scripted, stream

from mergehub.cli.main import main
from mergehub.client import (
    AsyncMergehub,
    EventReader,
    HubClient,
    HubUnreachable,
    Mergehub,
    ServerSentEvent,
)
from mergehub.contracts.runs import Run
from mergehub.logins import keep_login
from mergehub.secret_files import write_secret
from mergehub.whereabouts import CONNECTION


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MERGEHUB_URL", raising=False)
    monkeypatch.delenv("MERGEHUB_TOKEN", raising=False)
    monkeypatch.setenv("MERGEHUB_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


STREAM = (
    ": a comment\n\nid: 7\r\nevent: run\rdata: one\ndata:two\u2028three\r\n\r\nid: 8\n\n"
    "data: four\n\ndata: cut short"
)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_events_are_read_as_the_standard_has_it(size: int) -> None:
    reader = EventReader()
    pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert [event for piece in pieces for event in reader.feed(piece)] == [
        ServerSentEvent("7", "run", "one\ntwo\u2028three"),
        ServerSentEvent(None, "message", "four"),
    ]


def _authorization(client: HubClient) -> str | None:
    with client:
        return client.hub._http.headers.get("Authorization")


def test_the_hub_of_this_machine_is_found_without_settings(data: Path) -> None:
    write_secret(data / CONNECTION, {"url": "http://127.0.0.1:8123", "token": "mgh_x"})
    client = HubClient.found()
    assert client.url == "http://127.0.0.1:8123"
    assert _authorization(client) == "Bearer mgh_x"


def test_the_token_of_this_machine_is_not_sent_to_another_hub(data: Path) -> None:
    write_secret(data / CONNECTION, {"url": "http://127.0.0.1:8123", "token": "mgh_x"})
    assert _authorization(HubClient.found("https://hub.example")) is None


def test_settings_go_before_what_the_hub_left(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_secret(data / CONNECTION, {"url": "http://127.0.0.1:8123", "token": "mgh_x"})
    monkeypatch.setenv("MERGEHUB_URL", "http://127.0.0.1:8123/")
    monkeypatch.setenv("MERGEHUB_TOKEN", "mgh_mine")
    assert _authorization(HubClient.found()) == "Bearer mgh_mine"


@pytest.mark.parametrize("command", [["runs"], ["lineage", "soup"], ["follow", f"{0:032x}"]])
def test_where_no_hub_is_a_sentence_says_how_to_start_one(
    data: Path, closed_port: int, command: list[str]
) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    done = CliRunner().invoke(main, ["--url", url, *command])
    assert done.exit_code == 1
    assert done.stderr == (
        f"Error: There is no hub at {url}: start one with `mergehub up`, or set MERGEHUB_URL, or "
        "MERGEHUB_DATA for one that was started here with --data.\n"
    )


@pytest.mark.parametrize(
    ("folder", "said"), [("hubb", "There is no folder"), ("models", "No hub runs on")]
)
def test_a_data_folder_without_a_hub_is_named_and_no_other_hub_is_taken(
    data: Path, monkeypatch: pytest.MonkeyPatch, folder: str, said: str
) -> None:
    (data / "models").mkdir()
    monkeypatch.setenv("MERGEHUB_DATA", str(data / folder))
    monkeypatch.setenv("MERGEHUB_LOGINS", str(data / "logins.json"))
    keep_login("https://hub.example", "mgh_x")
    done = CliRunner().invoke(main, ["runs"])
    assert done.exit_code == 1
    assert f"{said} {data / folder}, which MERGEHUB_DATA names" in done.stderr
    assert "`mergehub up`" in done.stderr
    for client in (Mergehub, AsyncMergehub):
        with pytest.raises(HubUnreachable, match=f"{said} .*MERGEHUB_URL"):
            client.found()


def test_a_hub_that_ended_without_a_word_is_called_by_its_folder(
    data: Path, closed_port: int
) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    write_secret(data / CONNECTION, {"url": url, "token": "mgh_x"})
    done = CliRunner().invoke(main, ["runs"])
    assert done.exit_code == 1
    assert f"no hub at {url}, the last address of the one on {data}, which" in done.stderr


def test_who_follows_is_told_once_that_the_hub_is_away_and_once_that_it_is_back() -> None:
    state = ["running", "cancelled"]
    schema: Any = Run.model_config["json_schema_extra"]
    run = schema["examples"][0]
    news = [
        f"id: {n}\nevent: run\ndata: {json.dumps({**run, 'state': each, 'revision': n})}\n\n"
        for n, each in enumerate(state, 1)
    ]
    with scripted(stream(news[0]), lose, lose, lose, stream(news[1])) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "follow", f"{0:032x}"])
    assert done.stderr.count(f"{hub.url} does not answer. The command keeps trying") == 1
    assert done.stderr.count(f"{hub.url} answers again.") == 1
    assert done.stderr.endswith("Error: The run was cancelled.\n")


@pytest.mark.parametrize("where", ["option", "variable"])
def test_an_empty_token_does_not_stand_for_the_owners(
    data: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    write_secret(data / CONNECTION, {"url": "http://127.0.0.1:8123", "token": "mgh_x"})
    if where == "variable":
        monkeypatch.setenv("MERGEHUB_TOKEN", "")
    done = CliRunner().invoke(main, [*(["--token", ""] if where == "option" else []), "runs"])
    assert done.exit_code == 1
    assert "The token is empty" in done.stderr


SPACES = ["mgh_x ", "mgh_x\n", "\t mgh_x\r\n", "\u00a0mgh_x"]


@pytest.mark.parametrize("text", SPACES)
@pytest.mark.parametrize("kind", [Mergehub, AsyncMergehub])
def test_white_space_around_a_token_is_not_of_it(
    data: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Mergehub | AsyncMergehub], text: str
) -> None:
    assert kind("http://127.0.0.1:8123", text)._http.headers["Authorization"] == "Bearer mgh_x"
    monkeypatch.setenv("MERGEHUB_TOKEN", text)
    assert kind.found("http://127.0.0.1:8123")._http.headers["Authorization"] == "Bearer mgh_x"


@pytest.mark.parametrize("text", ["mgh_s\u00e9cret", "mgh_s cret", "mgh_s\ncret", "mgh_s\x00cret"])
def test_what_cannot_be_a_token_is_refused_without_being_shown(data: Path, text: str) -> None:
    for kind in (Mergehub, AsyncMergehub):
        with pytest.raises(ValueError, match="which no token has") as refused:
            kind("http://127.0.0.1:8123", text)
        assert "mgh_s" not in str(refused.value)
    done = CliRunner().invoke(main, ["--token", text, "runs"])
    assert done.exit_code == 1
    assert "which no token has" in done.stderr
    assert "mgh_s" not in done.output
