"""One service as a process in namespaces of its own: started, checked, stopped, killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from merge_worker.engine.machine.caches import cache_folder
from mergehub.hub.process import last_lines, spawn

from .compose import ROOT, Service
from .images import Image, image_of, line
from .network import Network

ENTER = "topology.enter"
CHECK_SECONDS = 10


class Container:
    """A service of the Compose file; `folder` is for its state and its log."""

    def __init__(
        self, service: Service, network: Network, folder: Path, places: Mapping[str, Path]
    ) -> None:
        self.service, self._network, self._folder = service, network, folder
        self.image: Image = image_of(service)
        self.log = folder / "log"
        self._places = places
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "state").mkdir(parents=True)

    @property
    def user(self) -> tuple[int, int]:
        uid, _, gid = str(self.service.told.get("user", self.image.user)).partition(":")
        return int(uid), int(gid or uid)

    @property
    def environment(self) -> dict[str, str]:
        return {**self.image.environment, **self.service.environment}

    def start(self) -> None:
        """Start the program. The thread that calls this must stay while it runs."""
        spec = self._folder / "spec.json"
        spec.write_text(json.dumps(self._spec()), encoding="utf-8")
        space = self._network.namespace(self.service.name)
        command = [
            "ip", "netns", "exec", space,
            "unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child",
            sys.executable, "-m", ENTER, str(spec),
        ]  # fmt: skip
        paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        with self.log.open("ab") as log:
            self._process = spawn(command, log=log, env=paths, death_signal=signal.SIGKILL)

    def poll(self) -> int | None:
        """The exit status, or None while it runs or before it starts."""
        return self._process.poll() if self._process else None

    def wait(self) -> int:
        """The exit status of a program that ends by itself."""
        assert self._process is not None
        return self._process.wait()

    def pid(self) -> int | None:
        """The program itself, which is process 1 of its namespace; None if it does not run."""
        if self._process is None or self._process.poll() is not None:
            return None
        of_unshare = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        children = of_unshare.read_text(encoding="utf-8").split()
        return int(children[0]) if children else None

    def healthy(self) -> bool:
        """Whether its health check passes, run inside as an engine does."""
        pid, check = self.pid(), self.service.check
        if pid is None or check is None:
            return False
        return self.run(check) == 0

    def run(self, command: Sequence[str]) -> int:
        """Run a command inside, as the same user; returns its exit status."""
        return self.output(command)[0]

    def output(self, command: Sequence[str]) -> tuple[int, str]:
        """Run a command inside, as the same user; returns its exit status and what it printed."""
        uid, gid = self.user
        inside = ["nsenter", f"--target={self.pid()}", "--mount", "--net", "--pid", "--root"]
        user = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs"]
        try:
            done = subprocess.run(
                [*inside, "--wd=/", *user, *command], env=self.environment, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, timeout=CHECK_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return 1, f"It took longer than {CHECK_SECONDS} s."
        return done.returncode, done.stdout

    def signal(self, number: signal.Signals) -> None:
        if (pid := self.pid()) is not None:
            os.kill(pid, number)

    def stop(self) -> None:
        """Send the stop signal, and kill it after the grace period."""
        if self._process is None:
            return
        told = self.service.told.get("stop_signal", self.image.stop_signal)
        self.signal(signal.Signals[told])
        try:
            self._process.wait(self.service.stop_seconds)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self._process.wait()

    def kill(self) -> None:
        """kill -9 of the program and of all processes that it has started."""
        if self._process is None:
            return
        if self.pid() is None:  # the program has not begun, and now it never does
            self._process.kill()
        self.signal(signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        return last_lines(self.log, 15)

    def _spec(self) -> dict[str, object]:
        told = self.service.told
        volumes = [
            (str(self._source(source)), target, read_only)
            for source, target, read_only in self.service.volumes()
        ]
        secrets = [
            (str(self._places["secrets"] / name), f"/run/secrets/{name}", True)
            for name in self.service.secrets
        ]
        links = {place: str(target) for place, target in self.image.links.items()}
        return {
            "state": str(self._folder / "state"),
            "name": self.service.name,
            "hosts": self._network.hosts(),
            "user": self.user,
            "links": links,
            "open": [str(ROOT), sys.base_prefix, sys.prefix, *map(_parent, links.values())],
            "tmpfs": list(told.get("tmpfs", ())),
            "volumes": volumes,
            "secrets": secrets,
            "read_only": bool(told.get("read_only")),
            "cap_add": list(told.get("cap_add", ())),
            "environment": self.environment,
            "line": line(self.service, self.image),
        }

    def _source(self, source: str) -> Path:
        """A folder of the repository, an absolute one, or a named volume, which its user owns."""
        if source.startswith((".", "/")):
            return (ROOT / source).resolve()
        volume = self._places["volumes"] / source
        if not volume.exists():
            volume.mkdir(parents=True)
            if (home := self.environment.get("HOME", "")).startswith("/store/"):
                _warm(volume / home.removeprefix("/store/") / ".cache/mergehub")
            for path in (volume, *volume.rglob("*")):
                os.chown(path, *self.user)
        return volume


def _warm(folder: Path) -> None:
    """Copy this machine's compiled loops: compiling them again would only make tests slow."""
    if cache_folder().is_dir():
        shutil.copytree(cache_folder(), folder)


def _parent(path: str) -> str:
    return str(Path(path).resolve().parent)
