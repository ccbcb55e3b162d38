"""The host names that the services of `mergehub up` accept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mergehub.hub.address import listen
from mergehub.hub.folder import DataFolder
from mergehub.hub.process import CannotStart
from mergehub.hub.up import Hub, Options

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def names(folder: Path, host: str) -> set[str] | None:
    """The host names that the services get; None if any name is accepted."""
    with DataFolder(folder / "data") as data, listen(host, 0, guarded=True) as listener:
        options = Options(data.path, host, 0, (), (), 1, require_token=True)
        told = Hub(options, data, listener).origin.env.get("MERGEHUB_HOSTS")
    return None if told is None else set(json.loads(told))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
def test_on_loopback_those_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.delenv("MERGEHUB_HOSTS", raising=False)
    assert names(tmp_path, host) == LOOPBACK


def test_elsewhere_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MERGEHUB_HOSTS", raising=False)
    assert names(tmp_path, "0.0.0.0") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_those_of_the_setting_besides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("MERGEHUB_HOSTS", '["hub.example.org"]')
    assert names(tmp_path, host) == LOOPBACK | {"hub.example.org"}


@pytest.mark.parametrize("text", ["hub.example.org", '"hub.example.org"', "{}", "[1]"])
def test_a_setting_that_is_no_list_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("MERGEHUB_HOSTS", text)
    with pytest.raises(CannotStart, match=r"MERGEHUB_HOSTS cannot be read: .*hub.example.org"):
        names(tmp_path, "127.0.0.1")
