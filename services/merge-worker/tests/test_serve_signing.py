"""A worker without a key says once, at its start, that it signs nothing, and what is missing."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from structlog.testing import CapturingLogger

from merge_worker import serve
from mergehub.attestation.keys import new_key
from mergehub.kit.settings.service import WorkerSettings


def test_a_worker_without_a_key_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    logged = CapturingLogger()
    monkeypatch.setattr(serve, "log", logged)
    settings = WorkerSettings(worker_token=SecretStr("mgh_worker"))
    serve.warn_of_missing_key(settings)
    key = {"signing_key": SecretStr(new_key())}
    serve.warn_of_missing_key(settings.model_copy(update=key))
    (line,) = logged.calls
    assert (line.method_name, line.args) == ("warning", ("signing.off",))
    assert "MERGEHUB_SIGNING_KEY_FILE" in line.kwargs["remedy"]
    assert "mergehub keys --make" in line.kwargs["remedy"]
