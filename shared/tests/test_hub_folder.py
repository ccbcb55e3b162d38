"""The data folder: which hub may use it, and what a refusal says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mergehub.attestation.own import own_elliptic_key, own_key
from mergehub.hub import leftovers
from mergehub.hub.address import listen, url_of
from mergehub.hub.folder import SECRETS_KEYS, TOKENS, DataFolder
from mergehub.hub.process import CannotStart
from mergehub.kit.settings.service import ServiceSettings
from mergehub.whereabouts import default_folder


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "new" / "data") as folder:
        folder.tokens()
        assert folder.path.stat().st_mode & 0o777 == 0o700
        assert (folder / TOKENS).stat().st_mode & 0o777 == 0o600


def test_tokens_stay_the_same(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        tokens = folder.tokens()
    with DataFolder(tmp_path / "data") as folder:
        assert folder.tokens() == tokens
    assert tokens.owner.startswith("mgh_")
    assert len({tokens.owner, tokens.worker, tokens.service}) == 3


def test_a_token_that_a_newer_hub_needs_is_made_beside_the_others(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        (folder / TOKENS).write_text('{"owner": "mgh_o", "worker": "mgh_w"}')
        tokens = folder.tokens()
        assert (tokens.owner, tokens.worker) == ("mgh_o", "mgh_w")
        assert tokens.service.startswith("mgh_")
        assert folder.tokens() == tokens
        assert (folder / TOKENS).stat().st_mode & 0o777 == 0o600


def test_damaged_tokens_are_named(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        (folder / TOKENS).write_text("{")
        with pytest.raises(CannotStart, match=r"tokens.json is damaged: remove it"):
            folder.tokens()


def test_the_key_of_webhook_secrets_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        keys = folder.secrets_keys()
        assert folder.secrets_keys() == keys
        assert (folder / SECRETS_KEYS).stat().st_mode & 0o777 == 0o600
    assert len(ServiceSettings(secrets_keys=keys).secret_keys()) == 1


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]"])
def test_a_damaged_key_is_not_made_anew(tmp_path: Path, text: str) -> None:
    with DataFolder(tmp_path / "data") as folder:
        (folder / SECRETS_KEYS).write_text(text)
        with pytest.raises(CannotStart, match="restore it from a backup"):
            folder.secrets_keys()
        assert (folder / SECRETS_KEYS).read_text() == text


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("mine")
    with pytest.raises(CannotStart, match="is a file: name a folder"):
        DataFolder(file)


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CannotStart, match="Name another with --data"):
        DataFolder(tmp_path / "file" / "data")


def test_a_folder_with_other_things_is_left_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "letter.txt").write_text("mine")
    with pytest.raises(CannotStart, match=r"holds other files \(letter.txt\)"):
        DataFolder(home)
    assert home.stat().st_mode & 0o777 == 0o755
    assert [entry.name for entry in home.iterdir()] == ["letter.txt"]


def test_a_shell_that_signed_before_the_first_hub_does_not_stop_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = own_key(tmp_path / "data").public
    monkeypatch.setenv("MERGEHUB_DATA", str(tmp_path / "data"))
    own_elliptic_key()
    with DataFolder(tmp_path / "data") as folder:
        assert own_key(folder.path).public.id == key.id


def test_a_full_disk_is_noticed_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="free some space"):
        DataFolder(tmp_path / "data", needed_bytes=2**62)


def test_a_folder_in_use_says_by_whom(tmp_path: Path) -> None:
    expected = f"process {os.getpid()} at http://127.0.0.1:8123"
    with DataFolder(tmp_path / "data") as first:
        first.say_who_runs("http://127.0.0.1:8123")
        with pytest.raises(CannotStart, match=expected):
            DataFolder(tmp_path / "data")


def test_the_default_follows_the_xdg_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MERGEHUB_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert default_folder() == Path("/somewhere/mergehub")
    monkeypatch.setenv("MERGEHUB_DATA", "/elsewhere")
    assert default_folder() == Path("/elsewhere")


def _sleeper(folder: Path) -> subprocess.Popen[bytes]:
    env = dict(os.environ) | {"MERGEHUB_DATA": str(folder)}
    return subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], env=env)


@pytest.mark.process
def test_leftovers_of_a_killed_hub_are_ended_and_nobody_else(tmp_path: Path) -> None:
    noted = tmp_path / "children.json"
    with _sleeper(tmp_path) as ours, _sleeper(Path("/elsewhere")) as stranger:
        leftovers.note(noted, [ours.pid, stranger.pid])
        assert leftovers.end(noted, tmp_path) == [ours.pid]
        assert ours.wait(10) != 0
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("text", ["", "{", "[null]", json.dumps({"pid": 1})])
def test_a_damaged_note_of_children_ends_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "children.json").write_text(text)
    assert leftovers.end(tmp_path / "children.json", tmp_path) == []


def test_a_taken_port_names_the_option() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"port {port} .*--port {port + 1}"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "8.8.8.8"])
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(CannotStart, match=r"can be reached by other machines.*--require-token"):
        listen(host, 0)


@pytest.mark.parametrize(
    ("host", "here"), [("0.0.0.0", "http://127.0.0.1:"), ("::", "http://[::1]")]
)
def test_an_address_that_others_reach_is_taken_where_all_are_asked_who_they_are(
    host: str, here: str
) -> None:
    with listen(host, 0, guarded=True) as listener:
        assert listener.getsockname()[0] == host
        assert url_of(listener).startswith(here)


def test_a_host_name_is_refused() -> None:
    with pytest.raises(CannotStart, match="is not an IP address"):
        listen("my-machine", 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_loopback_addresses_are_taken(host: str) -> None:
    with listen(host, 0) as listener:
        assert url_of(listener).startswith("http://127.0.0.")
