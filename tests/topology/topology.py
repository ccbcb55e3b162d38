"""All services of the Compose file: started in order, kept running, stopped, cut off."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mergehub.client import HubClient

from .compose import ROOT, Service, services
from .container import Container
from .network import Network

START_SECONDS = 180
LOOK_SECONDS = 0.1
CHECK_SECONDS = 1.0


class TopologyFailed(Exception):
    """A service did not start; the message has the end of its log."""


class Topology:
    """The containers by name. One thread starts them, checks their health and restarts them."""

    def __init__(
        self, folder: Path, variables: Mapping[str, str], network: Network, workers: int
    ) -> None:
        self.folder, self.network = folder, network
        self.secrets = folder / "secrets"
        subprocess.run([ROOT / "deploy/compose/make-secrets", self.secrets], check=True)
        self._places = {"secrets": self.secrets, "volumes": folder / "volumes"}
        self._runs = 0
        found = services(variables)
        for number in range(2, workers + 1):  # as `docker compose up --scale worker=…`
            found[f"worker-{number}"] = replace(found["worker"], name=f"worker-{number}")
        for name in found:
            network.add(name)
        self.containers = {
            name: Container(service, network, folder / name, self._places)
            for name, service in found.items()
        }
        self.started: dict[str, None] = {}  # in the order of their starts
        self.ready: set[str] = set()
        self.held: set[str] = set()
        self._over = threading.Event()
        self._fault: BaseException | None = None
        self._keeper = threading.Thread(target=self._keep, name="topology")
        self._looked: dict[str, float] = {}

    @property
    def url(self) -> str:
        """The one origin, at the gateway's own address instead of a published port."""
        return f"http://{self.network.addresses['gateway']}:8000"

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text(encoding="utf-8")

    def client(self) -> HubClient:
        return HubClient(self.url, self.secret("owner_token"))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything for the block, and end it afterwards."""
        self._keeper.start()
        try:
            self.wait(lambda: self.ready == self.containers.keys(), START_SECONDS)
            yield
        finally:
            self._over.set()
            self._keeper.join()

    def wait(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Return as soon as a condition holds. Raises TopologyFailed if it does not in time."""
        deadline = time.monotonic() + seconds
        while not holds():
            if self._fault is not None:
                raise TopologyFailed(str(self._fault)) from self._fault
            if time.monotonic() > deadline:
                raise TopologyFailed("\n".join(self._waiting()))
            time.sleep(LOOK_SECONDS)

    @contextmanager
    def stopped(self, name: str) -> Iterator[Container]:
        """Stop a service for the block, then start it and wait until it is healthy."""
        container = self.containers[name]
        self.held.add(name)
        try:
            container.stop()
            yield container
        finally:
            self.ready.discard(name)
            self.started.pop(name, None)
            self.held.discard(name)
        self.wait(lambda: name in self.ready)

    def down(self) -> None:
        """Stop everything, as `docker compose down` does; the volumes stay."""
        self.held.update(self.containers)
        for name in reversed(list(self.started)):
            self.containers[name].stop()
        self.started.clear()
        self.ready.clear()

    def up(self, *names: str) -> None:
        """Start services and what they depend on, or all, and wait until they are ready."""
        wanted = set(self.containers)
        if names:
            wanted = set().union(*map(self._with_dependencies, names))
        self.held -= wanted
        self.wait(lambda: wanted <= self.ready, START_SECONDS)

    def once(self, service: Service, command: Sequence[str]) -> tuple[int, str]:
        """Run a service that is not always there; returns its exit status and its output."""
        self.up(*service.depends_on)
        self._runs += 1
        told = {**service.told, "command": list(command) or service.told["command"]}
        service = replace(service, name=f"{service.name}-{self._runs}", told=told)
        self.network.add(service.name)
        container = Container(service, self.network, self.folder / service.name, self._places)
        container.start()
        return container.wait(), container.log.read_text(encoding="utf-8")

    def kill(self, name: str) -> None:
        """kill -9; its restart policy starts it again."""
        self.ready.discard(name)
        self.containers[name].kill()

    def _keep(self) -> None:
        """The thread. It stays, since the kernel ends its processes with it."""
        try:
            while not self._over.wait(LOOK_SECONDS):
                for name in self.containers:
                    self._attend(name)
        except BaseException as fault:
            self._fault = fault
        finally:
            for name in reversed(self.started):  # killed, since some stop slowly: S3 takes 25 s
                self.containers[name].kill()

    def _attend(self, name: str) -> None:
        container = self.containers[name]
        if name in self.held:
            return
        if name not in self.started:
            if self._due(container):
                container.start()
                self.started[name] = None
        elif (status := container.poll()) is not None:
            self._ended(container, status)
        elif name not in self.ready and not container.service.is_job:
            self._look(container)

    def _with_dependencies(self, name: str) -> set[str]:
        before = self.containers[name].service.depends_on
        return {name}.union(*map(self._with_dependencies, before))

    def _due(self, container: Container) -> bool:
        return all(other in self.ready for other in container.service.depends_on)

    def _ended(self, container: Container, status: int) -> None:
        name = container.service.name
        if not container.service.is_job:
            self.ready.discard(name)
            self.started.pop(name)  # restart: unless-stopped
        elif status == 0:
            self.ready.add(name)
        else:
            raise TopologyFailed(f"{name} ended with {status}:\n{container.last_words()}")

    def _look(self, container: Container) -> None:
        name = container.service.name
        if time.monotonic() - self._looked.get(name, 0) > CHECK_SECONDS:
            if container.healthy():
                self.ready.add(name)
            self._looked[name] = time.monotonic()

    def _waiting(self) -> Iterator[str]:
        for name in sorted(self.containers.keys() - self.ready):
            container = self.containers[name]
            yield f"{name} is not ready (status {container.poll()}):\n{container.last_words()}"


@contextmanager
def deployed(folder: Path, models: Path, workers: int = 1, **variables: str) -> Iterator[Topology]:
    """The whole deployment in `folder`, with models that every service's user may read."""
    with Network() as network:
        given = {
            "MERGEHUB_MODELS": str(models),
            "MERGEHUB_TASKS": str(models / "tasks"),
            "MERGEHUB_WEBHOOK_ALLOW": f'["{network.subnet}"]',
        }
        topology = Topology(folder, given | variables, network, workers)
        with topology.running():
            yield topology
