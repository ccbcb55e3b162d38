"""Every variable can be given as a file, as container platforms give secrets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from mergehub.cli.main import main
from mergehub.client import Mergehub
from mergehub.kit.settings.environment import BadSettings, Settings, read_settings
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings
from mergehub.variables import MOST_BYTES, BadVariable, variable


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("mgh_from_a_file\n")
    return path


def _said(kind: type[Settings], **variables: object) -> list[str]:
    with pytest.raises(BadSettings) as ended:
        read_settings(kind, {f"MERGEHUB_{name}": str(text) for name, text in variables.items()})
    return str(ended.value).splitlines()


@pytest.mark.parametrize(
    ("content", "read"),
    [("x", "x"), ("x\n", "x"), ("x\r\n", "x"), ("x\n\n", "x\n"), (" x y ", " x y ")],
)
def test_one_line_end_is_dropped_and_nothing_else(secret: Path, content: str, read: str) -> None:
    secret.write_bytes(content.encode())
    assert variable("A", {"A_FILE": str(secret)}) == read


def test_a_file_may_have_64_kib_and_no_byte_more(secret: Path) -> None:
    secret.write_text("x" * MOST_BYTES)
    assert variable("A", {"A_FILE": str(secret)}) == "x" * MOST_BYTES
    secret.write_text("x" * (MOST_BYTES + 1))
    with pytest.raises(BadVariable, match="it is larger than 64 KiB"):
        variable("A", {"A_FILE": str(secret)})


def test_a_file_without_an_end_is_refused() -> None:
    with pytest.raises(BadVariable, match="A_FILE names /dev/zero, which cannot be read: it is la"):
        variable("A", {"A_FILE": "/dev/zero"})


def test_an_empty_variable_is_not_set() -> None:
    assert variable("A", {"A_FILE": ""}) is None
    assert variable("A", {"A": "x", "A_FILE": ""}) == "x"


def test_an_empty_variable_leaves_the_value_to_the_file(secret: Path) -> None:
    assert variable("A", {"A": "", "A_FILE": str(secret)}) == "mgh_from_a_file"


@pytest.mark.parametrize("kind", [ServiceSettings, WorkerSettings])
def test_every_setting_of_every_program_can_be_a_file(kind: type[Settings], tmp_path: Path) -> None:
    """A value that no setting accepts shows that the file of each is read, and named."""
    for name in kind.model_fields:
        path = tmp_path / name
        path.write_bytes(b"\xff")
        told = _said(kind, **{f"{name.upper()}_FILE": path, **_needed(kind, name)})
        what = f"names {path}, which cannot be read: it is not text in UTF-8."
        assert told == [f"MERGEHUB_{name.upper()}_FILE {what}"]


def _needed(kind: type[Settings], name: str) -> dict[str, str]:
    needed = kind is WorkerSettings and name != "worker_token"
    return {"WORKER_TOKEN": "mgh_w"} if needed else {}


def test_settings_are_read_from_their_files(tmp_path: Path, secret: Path) -> None:
    (tmp_path / "hosts").write_text('["hub.example.org"]\n')
    files = {"BOOTSTRAP_TOKEN_FILE": secret, "HOSTS_FILE": tmp_path / "hosts"}
    read = read_settings(
        ServiceSettings, {f"MERGEHUB_{name}": str(path) for name, path in files.items()}
    )
    assert read.bootstrap_token is not None
    assert read.bootstrap_token.get_secret_value() == "mgh_from_a_file"
    assert read.hosts == ["hub.example.org"]


def test_a_value_of_a_file_that_is_wrong_is_named_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "days"
    path.write_text("abc\n")
    assert _said(ServiceSettings, EVENTS_DAYS_FILE=path) == [
        f"MERGEHUB_EVENTS_DAYS cannot be read from {path}: it should be a valid integer. "
        "Write it as in MERGEHUB_EVENTS_DAYS=90."
    ]


def test_all_faults_of_files_and_values_are_said_at_once(tmp_path: Path, secret: Path) -> None:
    missing = tmp_path / "missing"
    told = _said(
        ServiceSettings,
        DATABASE_URL_FILE=missing,
        BOOTSTRAP_TOKEN="mgh_a",
        BOOTSTRAP_TOKEN_FILE=secret,
        REDIS_URL_FILE=tmp_path,
        EVENTS_DAYS="abc",
    )
    assert sorted(told) == [
        "MERGEHUB_BOOTSTRAP_TOKEN and MERGEHUB_BOOTSTRAP_TOKEN_FILE are both set: remove one of "
        "them.",
        f"MERGEHUB_DATABASE_URL_FILE names {missing}, which cannot be read: No such file or "
        "directory.",
        "MERGEHUB_EVENTS_DAYS cannot be read: it should be a valid integer. "
        "Write it as in MERGEHUB_EVENTS_DAYS=90.",
        f"MERGEHUB_REDIS_URL_FILE names {tmp_path}, which cannot be read: Is a directory.",
    ]


def test_a_token_that_must_be_given_is_not_missing_if_its_file_is(tmp_path: Path) -> None:
    told = _said(WorkerSettings, WORKER_TOKEN_FILE=tmp_path / "missing")
    assert len(told) == 1
    assert told[0].startswith("MERGEHUB_WORKER_TOKEN_FILE names ")


def test_no_content_of_a_file_is_told(secret: Path) -> None:
    secret.write_text("mgh_se cret\n")
    (told,) = _said(WorkerSettings, WORKER_TOKEN_FILE=secret)
    assert "mgh_se" not in told


def test_the_file_of_an_unknown_variable_is_treated_as_the_variable(tmp_path: Path) -> None:
    """Other programs have variables of this prefix, too; `mergehub doctor` names unknown ones."""
    for name in ("MERGEHUB_FOO", "MERGEHUB_FOO_FILE"):
        assert (
            read_settings(ServiceSettings, {name: str(tmp_path / "missing")}) == ServiceSettings()
        )


def test_the_environment_alone_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that a program makes for another one are not mixed with its own environment."""
    monkeypatch.setenv("MERGEHUB_EVENTS_DAYS", "7")
    assert read_settings(ServiceSettings, {}).events_days == 90
    assert read_settings(ServiceSettings).events_days == 7


def _authorization(**given: str) -> str | None:
    with Mergehub.found(**given) as hub:
        return hub._http.headers.get("Authorization")


def test_the_shell_reads_its_token_and_address_from_files(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text("http://127.0.0.1:8123\n")
    monkeypatch.setenv("MERGEHUB_DATA", str(tmp_path))
    monkeypatch.setenv("MERGEHUB_URL_FILE", str(tmp_path / "url"))
    monkeypatch.setenv("MERGEHUB_TOKEN_FILE", str(secret))
    assert _authorization() == "Bearer mgh_from_a_file"
    assert _authorization(token="mgh_given") == "Bearer mgh_given"


@pytest.mark.parametrize("name", ["MERGEHUB_URL", "MERGEHUB_TOKEN"])
def test_the_shell_says_which_file_it_cannot_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERGEHUB_DATA", str(tmp_path))
    monkeypatch.setenv(f"{name}_FILE", os.devnull)
    done = CliRunner().invoke(main, ["runs"])
    assert done.exit_code == 1
    assert done.stderr == (
        f"Error: {name}_FILE names /dev/null, which cannot be read: it is empty.\n"
    )


def test_the_shell_refuses_a_token_that_is_given_twice(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERGEHUB_DATA", str(tmp_path))
    monkeypatch.setenv("MERGEHUB_TOKEN", "mgh_x")
    monkeypatch.setenv("MERGEHUB_TOKEN_FILE", str(secret))
    done = CliRunner().invoke(main, ["runs"])
    assert done.exit_code == 1
    assert "MERGEHUB_TOKEN and MERGEHUB_TOKEN_FILE are both set" in done.stderr
