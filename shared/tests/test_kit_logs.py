"""Logs say what happened, without secrets."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
import structlog

from mergehub.kit.telemetry.library_logs import JsonLines, only_first_line
from mergehub.kit.telemetry.logs import Lines, configure_logging

TOKEN = "mgh_BcZiUENw4zidUkeSlfUK-7wNKvW9F_7Af-CiDOPCQ-Q"  # as new_token makes them
PASSWORD = "hunter2-and-more"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before, factory = structlog.get_config(), logging.getLogRecordFactory()
    yield
    structlog.configure(**before)
    logging.setLogRecordFactory(factory)
    logging.getLogger().handlers[:] = [
        each for each in logging.getLogger().handlers if not isinstance(each, JsonLines)
    ]


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (TOKEN, f"the token {TOKEN} was sent"),
        (TOKEN, f"{{'authorization': 'Bearer {TOKEN}'}}"),
        ("abc.def-123", "Authorization: bearer abc.def-123"),
        ("whsec_c2VjcmV0+/=", "signed with whsec_c2VjcmV0+/="),
        (PASSWORD, f"postgresql://mergehub:{PASSWORD}@db/mergehub is away"),
        (PASSWORD, f"redis://:{PASSWORD}@cache:6379/0"),
        ("whsk_c2VjcmV0+/=", "made of whsk_c2VjcmV0+/="),
        (PASSWORD, f"GET /v1/recipes?access_token={PASSWORD}&limit=2"),
        (PASSWORD, f"GET /v1/recipes?limit=2&password={PASSWORD} HTTP/1.1"),
        (PASSWORD, f"https://store.example/model?X-Amz-Signature={PASSWORD}&X-Amz-Date=2026"),
        (PASSWORD, f"https://store.example/model?se=2026&sig={PASSWORD}"),
        (PASSWORD, f"https://id.example/callback?code={PASSWORD}&state=x"),
        (PASSWORD, f"/v1/recipes?authorization=Bearer%20{PASSWORD}"),
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


SERVER = """
import sys
import uvicorn
from mergehub.kit.http.api import Api
from mergehub.kit.telemetry.logs import configure_logging
from mergehub.kit.http.problem_handlers import install_problems

app = Api()
install_problems(app)

@app.get("/crash")
async def crash(token: str) -> None:
    raise RuntimeError(f"{token} broke it")

configure_logging("info")
uvicorn.run(app, port=0, log_level="trace", ws="none")
"""


@pytest.mark.process
def test_a_server_that_logs_all_it_can_tells_no_secret() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        while "running on" not in (line := server.stdout.readline()):
            assert line, "it ended before it was ready"
        url = line.split("running on ")[1].split()[0]
        crashed = httpx.get(f"{url}/crash?token={TOKEN}", trust_env=False, timeout=60)
        bad = httpx.get(
            f"{url}/x?key={PASSWORD}", headers={"Authorization": f"Bearer {PASSWORD}"}, timeout=60
        )
        server.terminate()
        log = line + server.stdout.read()
    assert (crashed.status_code, bad.status_code) == (500, 404)
    assert TOKEN.removeprefix("mgh_") not in log
    assert PASSWORD not in log
    assert '"GET /crash?token=… HTTP/1.1" 500' in log
    assert "RuntimeError: mgh_… broke it" in log
    assert '"GET /x?key=… HTTP/1.1" 404' in log


def test_what_libraries_log_stays_as_it_is_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    configure_logging("info")
    number = 7
    logging.getLogger("library").warning("%s of %d at %r", "some", number, ["a", "b"])
    assert caplog.messages == ["some of 7 at ['a', 'b']"]
    assert caplog.records[0].args == ("some", 7, ["a", "b"])


def test_what_libraries_log_is_json_with_the_ids_of_the_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info")
    with structlog.contextvars.bound_contextvars(request_id="r1", trace_id="0af7"):
        try:
            raise ValueError(f"token={TOKEN}")
        except ValueError:
            logging.getLogger("uvicorn.error").exception("%s broke", "It")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["logger"], line["level"]) == ("It broke", "uvicorn.error", "error")
    assert (line["request_id"], line["trace_id"]) == ("r1", "0af7")
    assert line["exception"].endswith("ValueError: token=mgh_…")


FULL = """
import logging, sys
import structlog
from mergehub.kit.telemetry.say import say
from mergehub.kit.telemetry.logs import configure_logging

configure_logging("info")
structlog.get_logger().error("relay.failed")
logging.getLogger("uvicorn.error").error("a library's")
say("for people")
sys.exit(7)
"""


@pytest.mark.process
@pytest.mark.parametrize("full", ["/dev/full", None], ids=["full", "closed"])
def test_a_log_without_room_ends_no_program(full: str | None) -> None:
    where = f"> {full} 2> {full}" if full else ">&- 2>&-"
    command = ["sh", "-c", f'exec "$0" -S -c "$1" {where}', sys.executable, _with_path(FULL)]
    assert subprocess.run(command, check=False).returncode in (7, 120)  # 120: its flush failed


def test_lost_lines_are_counted_when_there_is_room_again() -> None:
    class Disk(io.StringIO):
        full = True

        def write(self, text: str) -> int:
            if self.full:
                raise OSError(28, "No space left on device")
            return super().write(text)

    disk = Disk()
    lines = Lines(disk)
    lines.info("one")
    lines.info("two")
    disk.full = False
    lines.info("three")
    lines.info("four")
    lost, *others = disk.getvalue().splitlines()
    assert (json.loads(lost)["event"], json.loads(lost)["lines"]) == ("log.lost", 2)
    assert others == ["three", "four"]


def _with_path(code: str) -> str:
    return f"import sys; sys.path[:] = {sys.path!r}\n{code}"


def test_a_library_that_would_repeat_itself_has_one_line(caplog: pytest.LogCaptureFixture) -> None:
    only_first_line("a_library")
    for part in ("a_library.exporter", "a_library", "another"):
        logging.getLogger(part).warning("The receiver is away.")
    assert [record.name for record in caplog.records] == ["a_library.exporter", "another"]
