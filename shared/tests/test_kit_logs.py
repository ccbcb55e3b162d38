"""Logs say what happened and keep secrets to themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from mergehub.kit.auth import new_token
from mergehub.kit.logs import configure_logging

TOKEN = new_token()
PASSWORD = "hunter2-and-more"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (TOKEN, f"the token {TOKEN} was sent"),
        (TOKEN, f"{{'authorization': 'Bearer {TOKEN}'}}"),
        ("abc.def-123", "Authorization: bearer abc.def-123"),
        ("whsec_c2VjcmV0+/=", "signed with whsec_c2VjcmV0+/="),
        (PASSWORD, f"postgresql://mergehub:{PASSWORD}@db/mergehub is away"),
        (PASSWORD, f"redis://:{PASSWORD}@cache:6379/0"),
    ],
)
def test_a_secret_is_not_written_down(
    secret: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info")
    log = structlog.get_logger()
    log.warning("something.failed", error=text, inside={"deep": [text]})
    try:
        raise ValueError(text)
    except ValueError as error:
        log.error("something.crashed", exc_info=error)
    lines = capsys.readouterr().err.splitlines()
    assert secret.removeprefix("mgh_").removeprefix("whsec_") not in "\n".join(lines)
    assert [json.loads(line)["event"] for line in lines] == [
        "something.failed",
        "something.crashed",
    ]
    assert "…" in json.loads(lines[0])["error"]


def test_what_is_no_secret_stays(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    structlog.get_logger().info("run.lapsed", run="7f", at="https://hub.example.org:8000/v1/runs@1")
    line = json.loads(capsys.readouterr().err)
    assert (line["run"], line["at"]) == ("7f", "https://hub.example.org:8000/v1/runs@1")
