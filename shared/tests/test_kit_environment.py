"""A program reports settings that cannot be read before it starts anything."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from mergehub.contracts.services import SERVICES
from mergehub.kit.settings.environment import BadSettings, Settings, read_settings
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings

NETWORKS = """Write it as in MERGEHUB_WEBHOOK_ALLOW='["127.0.0.0/8"]'."""


def _said(kind: type[Settings], **variables: str) -> str:
    with pytest.raises(BadSettings) as ended:
        read_settings(kind, {f"MERGEHUB_{name}": text for name, text in variables.items()})
    return str(ended.value)


def test_a_list_that_is_not_json_is_shown_as_it_should_be() -> None:
    told = _said(ServiceSettings, WEBHOOK_ALLOW="127.0.0.0/8")
    assert told == f"MERGEHUB_WEBHOOK_ALLOW cannot be read: it should be a JSON list. {NETWORKS}"


def test_a_wrong_entry_of_a_list_is_named_once() -> None:
    told = _said(ServiceSettings, WEBHOOK_ALLOW='["10.0.0.0/8", "127.0.0/8"]')
    assert told == (
        "MERGEHUB_WEBHOOK_ALLOW cannot be read: entry 2: '127.0.0/8' does not appear to be an IPv4 "
        f"or IPv6 network. {NETWORKS}"
    )


def test_a_number_is_asked_for_with_an_example() -> None:
    assert _said(ServiceSettings, EVENTS_DAYS="abc") == (
        "MERGEHUB_EVENTS_DAYS cannot be read: it should be a valid integer. "
        "Write it as in MERGEHUB_EVENTS_DAYS=90."
    )


@pytest.mark.parametrize("text", ["{runs_a_day: 3}", "3", '{"runs_aday": 3}'])
def test_a_mapping_is_asked_for_with_an_example(text: str) -> None:
    told = _said(ServiceSettings, QUOTAS=text)
    assert told.startswith("MERGEHUB_QUOTAS cannot be read: ")
    assert told.endswith("""Write it as in MERGEHUB_QUOTAS='{"runs_a_day": 100}'.""")


def test_each_variable_gets_one_sentence_and_all_are_told_at_once() -> None:
    wrong = {"EVENTS_DAYS": "abc", "HOSTS": "hub", "LOG_LEVEL": "loud", "REQUIRE_TOKEN": "maybe"}
    told = _said(ServiceSettings, **wrong).splitlines()
    assert sorted(line.partition(" ")[0] for line in told) == sorted(
        f"MERGEHUB_{name}" for name in wrong
    )


@pytest.mark.parametrize("kind", [ServiceSettings, WorkerSettings])
def test_every_list_and_mapping_has_an_example_and_no_text_is_left_to_pydantic(
    kind: type[Settings],
) -> None:
    complex_ones = [
        name
        for name, field in kind.model_fields.items()
        if str(field.annotation).startswith(("list[", "dict["))
    ]
    assert complex_ones
    for name in complex_ones:
        told = _said(kind, **{name.upper(): "no JSON", "WORKER_TOKEN": "mgh_w"})
        assert told.startswith(f"MERGEHUB_{name.upper()} cannot be read: it should be a JSON ")
        assert f"Write it as in MERGEHUB_{name.upper()}=" in told


def test_stores_are_addresses() -> None:
    assert "begin with postgresql:" in _said(ServiceSettings, DATABASE_URL="localhost/mergehub")
    assert "begin with redis:" in _said(WorkerSettings, REDIS_URL="local", WORKER_TOKEN="mgh_w")


def test_what_must_be_set_is_said() -> None:
    assert _said(WorkerSettings) == "MERGEHUB_WORKER_TOKEN is not set: A token of scope `worker`."


def test_settings_that_do_not_go_together_are_a_sentence() -> None:
    told = _said(ServiceSettings, BOOTSTRAP_TOKEN="mgh_same", WORKER_TOKEN="mgh_same")
    assert told.startswith("Two of MERGEHUB_BOOTSTRAP_TOKEN, MERGEHUB_WORKER_TOKEN")
    assert "mgh_same" not in told


def test_no_secret_is_told() -> None:
    wrong = {
        "SECRETS_KEYS": '["mgh_secret"]',
        "WORKER_TOKEN": "mgh_se cret",
        "QUOTAS": "mgh_se",
    }
    assert "mgh_se" not in _said(ServiceSettings, **wrong)


def test_white_space_around_a_token_is_not_of_it() -> None:
    read = read_settings(WorkerSettings, {"MERGEHUB_WORKER_TOKEN": "mgh_w\n"})
    assert read.worker_token.get_secret_value() == "mgh_w"


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
def test_every_background_process_ends_with_the_sentence(
    monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    """In this process, which has imported the services for other tests."""
    monkeypatch.setattr(sys, "argv", [service])
    monkeypatch.setenv("MERGEHUB_EVENTS_DAYS_FILE", os.devnull)
    with pytest.raises(BadSettings, match="MERGEHUB_EVENTS_DAYS_FILE names /dev/null, which can"):
        runpy.run_module(service, run_name="__main__")


@pytest.mark.process
@pytest.mark.parametrize(
    "command",
    [
        ["-m", "merge_worker"],
        ["-m", "uvicorn", "--factory", "registry.app:create_app"],
        ["-c", "from mergehub.cli.main import main; main()", "up", "--data", "data"],
    ],
)
def test_every_program_ends_with_the_sentence_before_it_starts_anything(
    tmp_path: Path, command: list[str]
) -> None:
    worker = "merge_worker" in command
    name = "MERGEHUB_KEEP_FAILED_HOURS" if worker else "MERGEHUB_EVENTS_DAYS"
    token = tmp_path / "token"
    token.write_text("mgh_w\n")
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env=os.environ | {name: "abc", "MERGEHUB_WORKER_TOKEN_FILE": str(token)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"{name} cannot be read: it should be a valid " in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("data/*/data"))
    assert not list(tmp_path.glob("data/logs/*"))
