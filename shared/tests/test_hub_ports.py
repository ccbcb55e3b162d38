"""The ports of the workers of `mergehub up`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergehub.hub.address import listen
from mergehub.hub.folder import DataFolder
from mergehub.hub.up import Hub, Options


@pytest.mark.parametrize(("first", "ports"), [("9101", ["9101", "9102"]), ("", [None, None])])
def test_each_worker_has_a_port_of_its_own_for_its_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, ports: list[str | None]
) -> None:
    monkeypatch.setenv("MERGEHUB_METRICS_PORT", first)
    with DataFolder(tmp_path / "data") as data, listen("127.0.0.1", 0, guarded=False) as listener:
        hub = Hub(Options(data.path, "127.0.0.1", 0, (), (), 2), data, listener)
        assert [each.env.get("MERGEHUB_METRICS_PORT") for each in hub.workers] == ports
