"""Builds the stages of a Dockerfile: each instruction is a method of `Build`."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from tools.images.context import context, copy
from tools.images.dockerfile import Dockerfile, Stage, Step, pairs, replaced, with_defaults
from tools.images.roots import Root, mount_root, mounted, run_in, system, unmount

Mount = tuple[Sequence[str | Path], Path]
PYTHON_BASE = re.compile(r"python:3\.\d+")  # what the stand-in stands in for
PYTHON_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


class StepFailed(Exception):
    """A step could not be carried out; the message names it."""


@dataclass(frozen=True)
class Image:
    """A built stage: its root and its configuration, as an engine would keep it."""

    root: Root
    environment: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0"
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    command: tuple[str, ...] = ()
    healthcheck: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    stop_signal: str = "SIGTERM"


@dataclass(frozen=True)
class Registry:
    """How this machine reaches package registries: variables, and folders that they name."""

    environment: dict[str, str]
    folders: tuple[Path, ...]


class Build:
    """Builds targets of a Dockerfile in `folder`, over the stand-in `base`, each stage once.

    `given` are the build arguments. At its end the folder goes, with all that was built.
    """

    def __init__(
        self,
        repository: Path,
        base: Path,
        folder: Path,
        registry: Registry,
        given: Mapping[str, str],
    ) -> None:
        self._repository, self._base, self._folder = repository, base, folder
        self._registry, self.given = registry, given
        self._allowed = context(repository)
        self._images: dict[str, Image] = {}

    def __enter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)  # of a build that was killed
        return self

    def __exit__(self, *_: object) -> None:
        for root in self._folder.glob("*/root"):  # that of a stage that failed, too
            unmount(root)
        shutil.rmtree(self._folder)

    def roots(self) -> list[Path]:
        """The roots of the stages that were built."""
        return [image.root.path for image in self._images.values()]

    def target(self, dockerfile: Dockerfile, name: str | None) -> Image:
        """Build the stages that a target needs. Raises StepFailed."""
        for stage in dockerfile.for_target(name):
            if stage.name in self._images:
                continue
            self._images[stage.name] = self._stage(stage, dockerfile.arguments)
        return self._images[stage.name]

    def _stage(self, stage: Stage, before: Mapping[str, str]) -> Image:
        image = self._from(replaced(stage.base, before), self._folder / stage.name)
        arguments: dict[str, str] = {}
        for step in stage.steps:
            print(
                f"  {stage.name}: {step.instruction} {' '.join(step.value.split())[:100]}",
                flush=True,
            )
            if step.instruction == "ARG":
                arguments |= with_defaults(step.value, self.given, before)
                continue
            act = getattr(self, f"_{step.instruction.lower()}", None)
            if act is None:
                raise StepFailed(f"line {step.line}: {step.instruction} is not known here")
            try:
                image = act(image, step, arguments | image.environment)
            except (OSError, ValueError) as error:
                raise StepFailed(f"line {step.line}: {step.instruction}: {error}") from error
        return image

    def _from(self, base: str, folder: Path) -> Image:
        if base in self._images:
            image = self._images[base]
            return replace(image, root=mount_root(folder, image.root.layers))
        if base == "scratch":
            (empty := folder / "empty").mkdir(parents=True)
            return Image(mount_root(folder, [empty]))
        if PYTHON_BASE.match(base):
            return Image(mount_root(folder, [self._base]), {"PATH": PYTHON_PATH})
        raise StepFailed(f"FROM {base}: there is no stand-in for it here")

    def _copy(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        *sources, destination = replaced(step.rest(), variables).split()
        flags = dict(step.flags())
        if unknown := flags.keys() - {"from"}:
            raise ValueError(f"--{unknown.pop()} is not known here")
        other = flags.get("from")
        source = self._images[other].root.path if other else self._repository
        place = str(Path(image.workdir) / destination) + "/" * destination.endswith(("/", "."))
        copy(source, sources, place, image.root.path, None if other else self._allowed)
        return image

    def _run(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        command = step.listed() or [*image.shell, step.rest()]
        mounts = [self._mount(image, value) for name, value in step.flags() if name == "mount"]
        mounts += [
            (("--bind", each), image.root.path / each.relative_to("/"))
            for each in self._registry.folders
        ]
        environment = self._registry.environment | dict(variables)
        with mounted(*system(image.root.path), *mounts):
            line = image.root.chroot(image.user, image.workdir, command)
            if status := run_in(image.root, line, {"HOME": "/root"} | environment):
                raise ValueError(f"exit status {status} of {step.rest()}")
        return image

    def _mount(self, image: Image, text: str) -> Mount:
        """The mount of RUN --mount=…: a cache, or a folder of the context or of another stage."""
        told = dict(part.partition("=")[::2] for part in text.split(","))
        target = image.root.path / str(Path(image.workdir) / told["target"]).lstrip("/")
        if told.get("type") == "cache":
            source = self._repository / ".cache" / "images" / "cache" / told["target"].lstrip("/")
            source.mkdir(parents=True, exist_ok=True)
        elif told.get("type", "bind") == "bind":
            within = self._images[told["from"]].root.path if "from" in told else self._repository
            source = within / told.get("source", "").lstrip("/")
        else:
            raise ValueError(f"--mount={text} is not known here")
        return ("--bind", source), target

    def _env(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        return replace(image, environment=image.environment | dict(pairs(step.value, variables)))

    def _label(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        return replace(image, labels=image.labels | dict(pairs(step.value, variables)))

    def _workdir(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        folder = str(Path(image.workdir) / replaced(step.value, variables))
        (image.root.path / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        return replace(image, workdir=folder)

    def _user(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        return replace(image, user=replaced(step.value, variables))

    def _shell(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        return replace(image, shell=tuple(json.loads(step.value)))

    def _cmd(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        return replace(image, command=_words(image, step))

    def _healthcheck(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        check = step.value[step.value.index("CMD") + len("CMD") :]
        return replace(image, healthcheck=_words(image, Step("CMD", check.strip(), step.line)))

    def _volume(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        return replace(image, volumes=(*image.volumes, *(step.listed() or step.value.split())))

    def _stopsignal(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        return replace(image, stop_signal=step.value)

    def _expose(self, image: Image, step: Step, variables: Mapping[str, str]) -> Image:
        return image


def _words(image: Image, step: Step) -> tuple[str, ...]:
    return tuple(step.listed() or [*image.shell, step.rest()])
