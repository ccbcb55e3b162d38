"""A worker reports to Kubernetes' API whether it is busy: over TLS, with its account's token."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from at_work import bell, merge_spec, worker_process
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from redis.asyncio import Redis

from merge_worker.execution import deletion_cost
from merge_worker.execution.deletion_cost import DeletionCost
from mergehub.kit.settings.environment import BadSettings
from mergehub.kit.settings.service import WorkerSettings
from mergehub.kit.telemetry.loops import running

PATH = "/api/v1/namespaces/hub/pods/worker-gpu-7d9f-x2x4z"


def certificate(folder: Path) -> None:
    """A certificate for 127.0.0.1 that is its own authority."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(*pem, serialization.NoEncryption()))


class ApiServer(ThreadingHTTPServer):
    """As much of Kubernetes' API as patches pods: it checks path, type, token and body."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.costs: list[str] = []
        self.refusals: list[int] = []
        self.refused = self.untrusted = 0
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "ca.crt", folder / "key.pem")
        self.socket = tls.wrap_socket(self.socket, server_side=True)

    def get_request(self) -> Any:
        try:
            return super().get_request()
        except ssl.SSLError:
            self.untrusted += 1
            raise

    @property
    def environment(self) -> dict[str, str]:
        return {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(self.server_port),
        }


class Handler(BaseHTTPRequestHandler):
    server: ApiServer

    def do_PATCH(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != "Bearer a-token":
            status = 401
        elif self.path != PATH:
            status = 404
        elif self.headers["Content-Type"] != "application/merge-patch+json":
            status = 415
        else:
            status = self.server.refusals.pop() if self.server.refusals else 200
        if status == 200:
            assert body.keys() == {"metadata"}
            assert body["metadata"].keys() == {"annotations"}
            self.server.costs.append(
                body["metadata"]["annotations"]["controller.kubernetes.io/pod-deletion-cost"]
            )
        self.server.refused += status != 200
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def account(tmp_path: Path) -> Path:
    folder = tmp_path / "account"
    folder.mkdir()
    certificate(folder)
    (folder / "token").write_text("a-token\n")
    (folder / "namespace").write_text("hub\n")
    return folder


@pytest.fixture
def api(account: Path) -> Iterator[ApiServer]:
    with ApiServer(account) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def reached(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - a thread of its own
            await asyncio.sleep(0.005)


async def test_only_changes_are_reported_and_what_was_refused_is_repeated(
    api: ApiServer, account: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion_cost, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(deletion_cost, "AGAIN_SECONDS", 0.02)
    busy = False
    api.refusals = [503, 403]
    cost = DeletionCost("worker-gpu-7d9f-x2x4z", account, lambda: busy, api.environment)
    async with running({"cost": cost.run}):
        await reached(lambda: api.costs == ["0"])
        busy = True
        await reached(lambda: api.costs == ["0", "1000"])
        (account / "token").write_text("expired")
        busy, before = False, api.refused
        await reached(lambda: api.refused >= before + 2)
        assert api.costs == ["0", "1000"]
        (account / "token").write_text("a-token")  # as Kubernetes renews it
        await reached(lambda: api.costs == ["0", "1000", "0"])
    assert not api.refusals


async def test_an_api_with_another_certificate_gets_no_token(
    api: ApiServer, account: Path, tmp_path: Path
) -> None:
    certificate(account)  # the worker trusts another authority now
    cost = DeletionCost("worker-gpu-7d9f-x2x4z", account, lambda: True, api.environment)
    async with running({"cost": cost.run}):
        await reached(lambda: api.untrusted)
    assert not api.refused
    assert not api.costs


async def test_a_worker_outside_of_a_pod_says_what_it_lacks(account: Path) -> None:
    with pytest.raises(BadSettings, match=r"MERGEHUB_POD_NAME .* KUBERNETES_SERVICE_HOST"):
        DeletionCost("a-pod", account, lambda: True, {})
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    (account / "ca.crt").unlink()
    with pytest.raises(BadSettings, match=r"MERGEHUB_POD_ACCOUNT .*ca\.crt"):
        DeletionCost("a-pod", account, lambda: True, environment)


@pytest.mark.process
async def test_a_worker_is_costly_while_it_has_a_run(
    api: ApiServer,
    account: Path,
    hub: Any,
    redis: Redis,
    settings: WorkerSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in api.environment.items():
        monkeypatch.setenv(name, value)
    told = {"pod_name": PATH.rpartition("/")[2], "pod_account": account}
    run = hub.add(merge_spec())
    async with worker_process(settings.model_copy(update=told)):
        await reached(lambda: api.costs == ["0"])
        hub.may_report.clear()  # a merge may be done before the worker looks whether it is busy
        await bell(redis, run)
        await reached(lambda: api.costs == ["0", "1000"])
        hub.may_report.set()
        await hub.until(lambda: run.reports)
        await reached(lambda: api.costs == ["0", "1000", "0"])
