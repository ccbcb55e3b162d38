"""An S3-compatible server for tests: SeaweedFS from its wheel, on loopback ports of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from mergehub.artifacts import S3Place
from mergehub.hub.process import spawn

BUCKET, KEY, SECRET = "models", "mergehub", "open-sesame"
SECONDS = 60
PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port",
         "filer.port.grpc", "s3.port", "s3.port.grpc")  # fmt: skip


class Seaweed:
    """A server whose data outlive its restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
        self._child: subprocess.Popen[bytes] | None = None
        self.endpoint = f"http://127.0.0.1:{self._ports['s3.port']}"
        folder.mkdir(parents=True)
        account = {
            "name": "tests",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [account]}))

    def start(self) -> None:
        """Start the server and wait until it has the bucket."""
        options = {
            "dir": self._folder, "ip": "127.0.0.1", "ip.bind": "127.0.0.1",
            "master.volumeSizeLimitMB": 64, "volume.max": 30, "filer": "true", "s3": "true",
            "s3.config": self._folder / "s3.json", "s3.iam": "false", "s3.port.iceberg": 0,
            "s3.port.lance": 0, **self._ports,
        }  # fmt: skip
        program = Path(sys.prefix) / "bin" / "weed"
        with (self._folder / "log").open("ab") as log:
            self._child = spawn(
                [program, "server", *(f"-{name}={value}" for name, value in options.items())],
                log=log,
                death_signal=signal.SIGKILL,
            )
        self._await_bucket()

    def kill(self) -> None:
        assert self._child is not None
        self._child.kill()
        self._child.wait()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The server answers nothing during the block."""
        assert self._child is not None
        self._child.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._child.send_signal(signal.SIGCONT)

    @cache  # noqa: B019 - a server lasts as long as the tests; a client takes long to make
    def client(self) -> Any:
        """A client of boto3, to see and change what is stored."""
        import boto3  # few tests need it
        from botocore.config import Config

        return boto3.session.Session().client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id=KEY, aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )  # fmt: skip

    def place(self, bucket: str = BUCKET) -> S3Place:
        """An empty place: a prefix that nothing else uses."""
        return S3Place(
            bucket=bucket, prefix=f"tests/{uuid4().hex}", endpoint=self.endpoint,
            access_key=KEY, secret_key=SECRET,
        )  # fmt: skip

    def _await_bucket(self) -> None:
        until, client = time.monotonic() + SECONDS, self.client()
        while not _has_bucket(client):
            assert self._child is not None
            assert self._child.poll() is None, (self._folder / "log").read_text()[-5000:]
            assert time.monotonic() < until
            time.sleep(0.1)


def _has_bucket(client: Any) -> bool:
    """Whether the bucket, made if it is missing, takes objects."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        if BUCKET not in [each["Name"] for each in client.list_buckets().get("Buckets", ())]:
            client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key="ready", Body=b"1")
    except (BotoCoreError, ClientError):
        return False
    return True


def _free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in listeners]
    finally:
        for each in listeners:
            each.close()
