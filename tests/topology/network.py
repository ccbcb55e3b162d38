"""A bridge with a network namespace for each service, any of which can be cut off for a while."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OURS = re.compile(r"mh[0-9a-f]+")


class Network:
    """Names and addresses like those of a Compose network; the tests are at the gateway's `.1`."""

    def __init__(self) -> None:
        self.bridge = f"mh{os.getpid():x}"
        self.prefix = f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(250)}"
        self.addresses: dict[str, str] = {}

    @property
    def subnet(self) -> str:
        return f"{self.prefix}.0/24"

    def __enter__(self) -> Network:
        for bridge in _listed("-brief", "link", "show", "type", "bridge"):
            if OURS.fullmatch(bridge) and not Path(f"/proc/{int(bridge[2:], 16)}").exists():
                _remove(bridge)  # its tests were killed
        _ip("link", "add", self.bridge, "type", "bridge")
        _ip("address", "add", f"{self.prefix}.1/24", "dev", self.bridge)
        _ip("link", "set", self.bridge, "up")
        return self

    def __exit__(self, *_: object) -> None:
        _remove(self.bridge)

    def add(self, name: str) -> None:
        """Give a service an address in a namespace of its own."""
        number = len(self.addresses) + 10
        self.addresses[name] = f"{self.prefix}.{number}"
        space, outer = self.namespace(name), self._outer(name)
        _ip("netns", "add", space)
        _ip("link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", space)
        _ip("link", "set", outer, "master", self.bridge, "up")
        _ip("-n", space, "address", "add", f"{self.addresses[name]}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", space, "link", "set", device, "up")

    def namespace(self, name: str) -> str:
        return f"{self.bridge}-{name}"

    def hosts(self) -> str:
        """The text of /etc/hosts."""
        lines = [f"{address} {name}" for name, address in self.addresses.items()]
        return "\n".join(["127.0.0.1 localhost", *lines, ""])

    @contextmanager
    def cut(self, name: str) -> Iterator[None]:
        """While the block lasts, no packet reaches the service or leaves it."""
        _ip("link", "set", self._outer(name), "down")
        try:
            yield
        finally:
            _ip("link", "set", self._outer(name), "up")

    def _outer(self, name: str) -> str:
        return f"{self.bridge}v{list(self.addresses).index(name)}"


def lacking() -> str | None:
    """Why no topology can be made here; None if it can."""
    if os.geteuid() != 0:
        return "needs root, for network namespaces"
    probe = ["ip", "link", "add", "mhprobe", "type", "bridge"]
    try:
        made = subprocess.run(probe, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "needs ip, of the package iproute2"
    if made.returncode:
        return f"the kernel makes no bridge: {made.stderr.strip()}"
    _ip("link", "delete", "mhprobe")
    return None


def _remove(bridge: str) -> None:
    """Remove a bridge and the namespaces on it, with their links."""
    for namespace in _listed("netns", "list"):
        if namespace.startswith(f"{bridge}-"):
            _ip("netns", "delete", namespace)
    _ip("link", "delete", bridge)


def _listed(*words: str) -> list[str]:
    """The first word of each line that `ip` prints."""
    told = subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in told.splitlines()]


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
