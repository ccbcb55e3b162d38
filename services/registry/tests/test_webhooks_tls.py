"""https: the certificate must match the name in the URL, whatever address it resolves to."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from receiver import Receiver, receiving

from mergehub.kit.background.resources import Resources
from mergehub.kit.identity.sealing import Sealer
from registry.webhooks.sending.sender import Sender

Call = Callable[..., Awaitable[Any]]

LOOPBACK = [ip_network("127.0.0.0/8")]
NAME = "hook.example"

pytestmark = pytest.mark.skipif(
    not shutil.which("openssl"), reason="openssl makes the certificate that is tried"
)


async def to_loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of NAME, next to its key."""
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", path.with_suffix(".key"), "-out", path]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return path


@pytest.fixture
async def secure(certificate: Path) -> AsyncIterator[Receiver]:
    """A receiver that speaks TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    async with receiving(context) as receiver:
        yield receiver


@pytest.fixture
def send(
    resources: Resources, listen: Call, submit: Call, deliveries: Call, secure: Receiver
) -> Call:
    """The first attempt of a delivery to the receiver under a name."""

    async def send(name: str) -> dict[str, Any]:
        endpoint = await listen(url=f"https://{name}:{secure.port}/hook")
        sealer = Sealer(resources.settings.secret_keys())
        sender = Sender(resources.database, LOOPBACK, sealer, to_loopback)
        await submit()
        await sender.send_due()
        await sender.stop()
        return (await deliveries(endpoint))[0]["attempts"][0]

    return send


async def test_certificate_that_nobody_vouches_for_is_refused(send: Call, secure: Receiver) -> None:
    attempt = await send(NAME)
    assert (attempt["status"], secure.received) == (None, [])
    assert "certificate verify failed" in attempt["error"].lower()


async def test_certificate_of_the_name_is_accepted(
    send: Call, secure: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert (await send(NAME))["status"] == 200
    assert secure.received[0].headers["host"] == f"{NAME}:{secure.port}"


async def test_certificate_of_another_name_is_refused(
    send: Call, secure: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    attempt = await send("other.example")
    assert (attempt["status"], secure.received) == (None, [])
    assert "mismatch" in attempt["error"].lower()
