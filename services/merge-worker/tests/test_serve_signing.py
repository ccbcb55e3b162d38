"""A worker without a key says once, at its start, that it signs nothing, and what is missing."""

from __future__ import annotations

from pydantic import SecretStr
from structlog.testing import capture_logs

from merge_worker.serve import warn_of_missing_key
from mergehub.attestation.keys import new_key
from mergehub.kit.settings.service import WorkerSettings


def test_a_worker_without_a_key_says_what_is_missing() -> None:
    settings = WorkerSettings(worker_token=SecretStr("mgh_worker"))
    with capture_logs() as logged:
        warn_of_missing_key(settings)
        warn_of_missing_key(settings.model_copy(update={"signing_key": SecretStr(new_key())}))
    (line,) = logged
    assert (line["event"], line["log_level"]) == ("signing.off", "warning")
    assert "MERGEHUB_SIGNING_KEY_FILE" in line["remedy"]
    assert "mergehub keys --make" in line["remedy"]
