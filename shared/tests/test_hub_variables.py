"""The variables that `mergehub up` gives its services and workers, if its own are in files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from mergehub.attestation.keys import new_key, public_keys, signing_key
from mergehub.attestation.own import KEY_FILE, own_key
from mergehub.cli.main import main
from mergehub.hub.address import listen
from mergehub.hub.folder import DataFolder
from mergehub.hub.process import CannotStart
from mergehub.hub.up import NOT_FOR_WORKERS, Hub, Options
from mergehub.kit.settings.environment import BadSettings, Settings, read_settings
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings

KEY = "a" * 43


def _hub(folder: Path) -> Hub:
    with DataFolder(folder / "data") as data, listen("127.0.0.1", 0, guarded=True) as listener:
        options = Options(data.path, "127.0.0.1", 0, (), (), 1, require_token=True)
        return Hub(options, data, listener)


def _inherited(env: Mapping[str, str]) -> dict[str, str]:
    return dict(os.environ) | dict(env)


@pytest.fixture
def give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    def give(name: str, content: str) -> None:
        (tmp_path / name).write_text(f"{content}\n")
        monkeypatch.setenv(f"MERGEHUB_{name}_FILE", str(tmp_path / name))

    return give


def test_services_get_what_the_files_hold(tmp_path: Path, give: Callable[[str, str], None]) -> None:
    for name, content in {
        "DATABASE_URL": "postgresql://db.example/hub",
        "SECRETS_KEYS": json.dumps([KEY]),
        "HOSTS": '["hub.example.org"]',
        "CORS_PUBLIC": "true",
        "EVENTS_DAYS": "7",
        "BOOTSTRAP_TOKEN": "mgh_not-of-this-hub",
    }.items():
        give(name, content)
    hub = _hub(tmp_path)
    read = read_settings(ServiceSettings, _inherited(hub.origin.env))
    assert hub.postgres is None
    assert read.database_url == "postgresql://db.example/hub"
    assert [key.get_secret_value() for key in read.secrets_keys] == [KEY]
    assert "hub.example.org" in read.hosts
    assert read.cors_public
    assert read.events_days == 7
    assert read.bootstrap_token is not None
    assert read.bootstrap_token.get_secret_value() == hub.tokens.owner


def test_workers_get_no_file_of_what_is_not_for_them(
    tmp_path: Path, give: Callable[[str, str], None]
) -> None:
    give("DATABASE_URL", "postgresql://db.example/hub")
    give("OIDC_CLIENT_SECRET", "secret")
    (worker,) = _hub(tmp_path).workers
    env = _inherited(worker.env)
    for name in NOT_FOR_WORKERS:
        assert not env.get(name)
        assert not env.get(f"{name}_FILE")
    read_settings(WorkerSettings, env)


def test_only_workers_get_the_key_that_signs_and_services_its_public_key_before_earlier_ones(
    tmp_path: Path, give: Callable[[str, str], None]
) -> None:
    earlier = signing_key(new_key()).public
    give("SIGNING_PUBLIC_KEYS", earlier.pem)
    hub = _hub(tmp_path)
    own = own_key(tmp_path / "data")
    worker = read_settings(WorkerSettings, _inherited(hub.workers[0].env))
    assert worker.signing_key is not None
    assert worker.signing_key.get_secret_value() == own.pem
    assert not any(own.pem in value for value in hub.origin.env.values())
    public = read_settings(ServiceSettings, _inherited(hub.origin.env)).signing_public_keys
    assert public is not None
    assert [each.id for each in public_keys(public)] == [own.public.id, earlier.id]


def test_a_given_key_signs_and_no_service_gets_it(
    tmp_path: Path, give: Callable[[str, str], None]
) -> None:
    key = signing_key(new_key())
    give("SIGNING_KEY", key.pem)
    give("PUSH_HF_TOKEN", "hf_secret")
    hub = _hub(tmp_path)
    worker = read_settings(WorkerSettings, _inherited(hub.workers[0].env))
    assert worker.signing_key is not None
    assert signing_key(worker.signing_key.get_secret_value()).public == key.public
    services = _inherited(hub.origin.env)
    assert not services["MERGEHUB_SIGNING_KEY"]
    assert not services["MERGEHUB_SIGNING_KEY_FILE"]
    assert worker.push_hf_token is not None
    assert not services["MERGEHUB_PUSH_HF_TOKEN_FILE"]


def test_a_damaged_signing_key_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / KEY_FILE).write_text("damaged")
    with pytest.raises(CannotStart, match=r"signing-key.pem: it is not a private Ed25519 key"):
        _hub(tmp_path)


@pytest.mark.parametrize(
    ("kind", "field"), [(WorkerSettings, "signing_key"), (ServiceSettings, "signing_public_keys")]
)
def test_a_setting_that_is_no_key_is_refused_without_repeating_it(
    kind: type[Settings], field: str
) -> None:
    env = {f"MERGEHUB_{field.upper()}": "secret words", "MERGEHUB_WORKER_TOKEN": "mgh_worker"}
    with pytest.raises(BadSettings) as refused:
        read_settings(kind, env)
    assert f"MERGEHUB_{field.upper()}" in str(refused.value)
    assert "secret words" not in str(refused.value)


def test_a_file_that_cannot_be_read_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERGEHUB_REDIS_URL_FILE", str(tmp_path / "missing"))
    with pytest.raises(CannotStart, match=r"MERGEHUB_REDIS_URL_FILE names .*No such file"):
        _hub(tmp_path)


def test_the_options_of_up_are_read_from_files_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong file must not turn off the guard that its variable turns on."""
    monkeypatch.setenv("MERGEHUB_REQUIRE_TOKEN_FILE", str(tmp_path))
    done = CliRunner().invoke(main, ["up", "--data", str(tmp_path / "data")])
    assert done.exit_code == 1
    assert done.stderr == (
        f"Error: MERGEHUB_REQUIRE_TOKEN_FILE names {tmp_path}, which cannot be read: "
        "Is a directory.\n"
    )


def test_a_misspelt_variable_is_a_warning_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    command = ["up", "--data", str(tmp_path / "file")]
    done = CliRunner().invoke(main, command, env={"MERGEHUB_EVENT_DAYS": "7"})
    assert done.exit_code == 1
    said = "MERGEHUB_EVENT_DAYS is not a variable of Mergehub. Write MERGEHUB_EVENTS_DAYS."
    assert f"Warning: {said}" in done.stderr
