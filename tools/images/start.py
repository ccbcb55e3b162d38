"""Starts an image as an engine would: as process 1, its user, a read-only root, its own network."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mergehub.hub.postgres import Postgres
from mergehub.hub.valkey import Valkey
from tools.images.build import Image, Mount, StepFailed
from tools.images.roots import mount, mounted, system

HEALTHY_SECONDS, STOP_SECONDS = 120, 30
LOOK_SECONDS = 0.2
ALONE = ("unshare", "--net", "--pid", "--fork", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")
TOKENS = {f"MERGEHUB_{name}_TOKEN": f"mgh_image-{name}" for name in ("BOOTSTRAP", "WORKER")}


class Stores:
    """PostgreSQL and Valkey for the images, reached through sockets in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._stores = [Postgres(folder / "pg"), Valkey(folder / "vk")]

    def __enter__(self) -> Stores:
        for store in self._stores:
            store.start()
        (self.folder / "vk" / "s").chmod(0o777)  # the image's user is another
        return self

    def __exit__(self, *_: object) -> None:
        for store in self._stores:
            store.stop()

    def environment(self) -> dict[str, str]:
        """The settings of a program that finds the folder at /stores, and no GPU."""
        return TOKENS | {
            "MERGEHUB_HARDWARE": "cpu",
            "MERGEHUB_DATABASE_URL": "postgresql://mergehub@/postgres?host=/stores/pg/s",
            "MERGEHUB_REDIS_URL": "unix:///stores/vk/s?db=0",
        }


@dataclass(frozen=True)
class Times:
    """The seconds until a program was healthy, and until it ended after its stop signal.

    A job has no health: it ends by itself.
    """

    healthy: float | None
    ended: float


def tried(image: Image, stores: Stores) -> Times:
    """Start the image's command and wait until its own health check passes, then stop it.

    Raises StepFailed if it does not become healthy, or does not end well.
    """
    environment = image.environment | stores.environment()
    program = image.root.chroot(image.user, image.workdir, image.command)
    with _read_only(image, stores.folder):
        began = time.monotonic()
        process = subprocess.Popen([*ALONE, *program], env=environment)
        healthy = None
        try:
            if image.healthcheck:
                _wait_until_healthy(image, process, environment)
                healthy = time.monotonic() - began
                began = time.monotonic()
                os.kill(_first(process), signal.Signals[image.stop_signal])
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise StepFailed(f"did not end within {STOP_SECONDS} s") from None
        finally:
            process.kill()
            process.wait()
    if status != 0 and not (image.healthcheck and -status == signal.Signals[image.stop_signal]):
        raise StepFailed(f"ended with status {status}")
    return Times(healthy, time.monotonic() - began)


def _wait_until_healthy(
    image: Image, process: subprocess.Popen[bytes], environment: dict[str, str]
) -> None:
    check = image.root.chroot(image.user, image.workdir, image.healthcheck)
    line = ["nsenter", f"--net=/proc/{process.pid}/ns/net", "--", *check]
    deadline = time.monotonic() + HEALTHY_SECONDS
    while subprocess.run(line, env=environment, capture_output=True, check=False).returncode:
        if process.poll() is not None:
            raise StepFailed(f"ended with status {process.returncode} at its start")
        if time.monotonic() > deadline:
            raise StepFailed(f"was not healthy within {HEALTHY_SECONDS} s")
        time.sleep(LOOK_SECONDS)


def _first(unshare: subprocess.Popen[bytes]) -> int:
    """The program itself, which is process 1 of its namespace, as in a container."""
    children = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children")
    return int(children.read_text(encoding="utf-8").split()[0])


@contextmanager
def _read_only(image: Image, stores: Path) -> Iterator[None]:
    """The image's root, read-only but for /tmp and its volumes, with the stores at /stores."""
    path = image.root.path
    mounts: list[Mount] = [
        (("-t", "tmpfs", "-o", "mode=1777", "tmpfs"), path / "tmp"),
        (("--bind", stores), path / "stores"),
        *((_volume(path, each), path / each.lstrip("/")) for each in image.volumes),
        *system(image.root.path),
    ]
    with mounted(*mounts):
        mount("-o", "remount,ro", path)
        try:
            yield
        finally:
            mount("-o", "remount,rw", path)


def _volume(root: Path, volume: str) -> Sequence[str]:
    """A new volume that belongs to the owner of the folder in the image, as engines make it."""
    owner = os.stat(root / volume.lstrip("/"))
    return "-t", "tmpfs", "-o", f"uid={owner.st_uid},gid={owner.st_gid}", "tmpfs"
