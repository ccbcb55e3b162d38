"""A receiver in JavaScript verifies what a hub sends it, with the official library."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from npm import BIN, environment, install, node
from running import RunningHub

SOURCE = Path(__file__).parents[1] / "receivers" / "javascript"
PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"
SECONDS = 20

pytestmark = [pytest.mark.timeout(180), pytest.mark.node]

Json = dict[str, Any]
Tried = tuple[int, str]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The receiver's package, copied aside and installed."""
    folder = tmp_path_factory.mktemp("receiver") / "javascript"
    shutil.copytree(SOURCE, folder)
    install(folder)
    return folder


@pytest.fixture(scope="module")
def receiver(package: Path) -> Iterator[httpx.Client]:
    """The receiver as a process, which ends when its standard input closes."""
    command = [BIN / "node", package / "receiver.js"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        port = process.stdout.readline().strip()
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60
        ) as client:
            yield client
        process.stdin.close()


@pytest.fixture
def http(hub: RunningHub) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {hub.token}"}
    with httpx.Client(base_url=hub.url, headers=headers, timeout=20, trust_env=False) as http:
        yield http


@pytest.fixture
def registered(http: httpx.Client, receiver: httpx.Client) -> Iterator[Callable[..., Json]]:
    """Registers a path of the receiver, which forgets it after the test."""
    made: list[str] = []

    def register(name: str, **fields: Any) -> Json:
        body = {"url": str(receiver.base_url.join(name)), "types": ["webhook.disabled"], **fields}
        answer = http.post("/v1/webhooks", json=body)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
        return answer.json()

    yield register
    for each in made:
        http.delete(f"/v1/webhooks/{each}")


@pytest.fixture
def tried(http: httpx.Client, receiver: httpx.Client) -> Callable[[Json, str], Tried]:
    """The receiver's answer to a test event, after it got a key."""

    def tried(endpoint: Json, key: str) -> Tried:
        receiver.put(httpx.URL(endpoint["url"]).path, content=key)
        sent = http.post(f"/v1/webhooks/{endpoint['id']}/test").headers["location"]
        deadline = time.monotonic() + SECONDS
        while not (log := http.get(sent).json())["attempts"]:
            assert time.monotonic() < deadline, log
            time.sleep(0.02)
        return log["attempts"][0]["status"], log["attempts"][0]["answer"]

    return tried


GENUINE = (200, "webhook.test")
FORGED = (400, "not genuine")


def test_the_official_library_accepts_what_the_secret_signed_and_nothing_else(
    registered: Callable[..., Json], tried: Callable[..., Tried]
) -> None:
    one, other = registered("one"), registered("other")
    assert tried(one, one["secret"]) == GENUINE
    assert tried(one, other["secret"]) == FORGED


def test_the_example_of_the_documentation_verifies_what_is_sent_and_nothing_else(
    registered: Callable[..., Json],
    tried: Callable[..., Tried],
    receiver: httpx.Client,
    package: Path,
) -> None:
    endpoint = registered("example")
    assert tried(endpoint, endpoint["secret"]) == GENUINE
    example = re.search(r"```js\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
    written = example.replace("whsec_…", endpoint["secret"])
    (package / "example.js").write_text(written, encoding="utf-8")
    request = receiver.get("/example").text
    told = node(package, "node", "--test", "example.test.js", REQUEST=request)
    assert "webhook.test webhooks/" in told


def test_it_accepts_both_secrets_after_a_rotation(
    http: httpx.Client, registered: Callable[..., Json], tried: Callable[..., Tried]
) -> None:
    before = registered("rotated")
    after = http.post(f"/v1/webhooks/{before['id']}/rotate").json()
    assert before["secret"] != after["secret"]
    assert tried(before, before["secret"]) == GENUINE
    assert tried(before, after["secret"]) == GENUINE


def test_it_accepts_the_old_secret_while_an_endpoint_moves_to_a_key_pair(
    http: httpx.Client, registered: Callable[..., Json], tried: Callable[..., Tried]
) -> None:
    before = registered("moving")
    after = http.post(f"/v1/webhooks/{before['id']}/rotate", json={"signature": "v1a"}).json()
    assert tried(before, before["secret"]) == GENUINE
    assert tried(before, after["public_key"]) == GENUINE


def test_nodes_own_cryptography_accepts_what_a_key_pair_signed_and_nothing_else(
    registered: Callable[..., Json], tried: Callable[..., Tried]
) -> None:
    one, other = registered("pair", signature="v1a"), registered("pairs", signature="v1a")
    assert tried(one, one["public_key"]) == GENUINE
    assert tried(one, other["public_key"]) == FORGED
