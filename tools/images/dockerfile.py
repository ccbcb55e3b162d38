"""A Dockerfile as stages of steps, and the stages that a target needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import WordSplitter

NEEDED = re.compile(r"--from=(\S+)|--mount=\S*?from=([^,\s]+)")
FLAG = re.compile(r"--(\w+)=(\S+)\s+")


@dataclass(frozen=True)
class Step:
    """One instruction of a stage."""

    instruction: str
    value: str
    line: int

    def flags(self) -> list[tuple[str, str]]:
        """The flags before the arguments, such as `from` of COPY and `mount` of RUN."""
        return [(name, value) for name, value in FLAG.findall(self._head())]

    def rest(self) -> str:
        """The value without its flags."""
        return self.value[len(self._head()) :].strip()

    def listed(self) -> list[str] | None:
        """The words of the exec form; None for the shell form."""
        text = self.rest()
        return json.loads(text) if text.startswith("[") else None

    def _head(self) -> str:
        found = re.match(r"(?:--\w+=\S+\s+)*", self.value + " ")
        return found.group(0) if found else ""


@dataclass
class Stage:
    """A stage: its name, its base before variables are replaced, and its steps."""

    name: str
    base: str
    steps: list[Step] = field(default_factory=list)

    def needs(self) -> set[str]:
        """The stages or images that its steps read."""
        found = (match for step in self.steps for match in NEEDED.findall(step.value))
        return {copied or mounted for copied, mounted in found}


@dataclass(frozen=True)
class Dockerfile:
    """The arguments before the first stage, and the stages in order."""

    arguments: dict[str, str]
    stages: dict[str, Stage]

    def for_target(self, target: str | None) -> list[Stage]:
        """The stages that `target` needs, in order; it is the last stage if None.

        Raises KeyError if there is no such stage.
        """
        wanted = {target or list(self.stages)[-1]}
        chosen = [self.stages[name] for name in wanted]
        for stage in reversed(self.stages.values()):
            if stage.name in wanted:
                wanted |= {replaced(stage.base, self.arguments), *stage.needs()}
                chosen.append(stage)
        return [stage for stage in self.stages.values() if stage in chosen]

    def targets(self) -> list[str]:
        """The stages that are made for their own sake, since no other one reads them."""
        read: set[str] = set()
        for stage in self.stages.values():
            read |= {stage.base, *stage.needs()}
        return [name for name in self.stages if name not in read]

    def chain(self, target: str | None) -> list[Stage]:
        """The stage that `target` names after those that it is based on; the last if None."""
        found = [self.stages[target or list(self.stages)[-1]]]
        while (base := found[0].base) in self.stages:
            found.insert(0, self.stages[base])
        return found


def read(path: Path, given: Mapping[str, str]) -> Dockerfile:
    """A Dockerfile with the build arguments `given`. Raises ValueError if it has no stage."""
    with path.open("rb") as file:
        structure = DockerfileParser(fileobj=file).structure
    arguments: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    current: Stage | None = None
    for each in structure:
        name, value = each["instruction"].upper(), each["value"]
        if name == "FROM":
            base, _, alias = re.split(r"\s+(as)\s+", f"{value} as {len(stages)}", flags=re.I)[:3]
            current = stages[alias] = Stage(alias, base)
        elif name == "ARG" and current is None:
            arguments |= with_defaults(value, given, arguments)
        elif name != "COMMENT" and current is not None:
            current.steps.append(Step(name, value, each["startline"] + 1))
    if not stages:
        raise ValueError(f"{path} has no FROM.")
    return Dockerfile(arguments, stages)


def with_defaults(
    value: str, given: Mapping[str, str], variables: Mapping[str, str]
) -> dict[str, str]:
    """The arguments that an ARG declares, with what is given or else their defaults."""
    found = {}
    for name, equals, default in (word.partition("=") for word in value.split()):
        if name in given:
            found[name] = given[name]
        elif equals:
            found[name] = replaced(default, variables)
        elif name in variables:
            found[name] = variables[name]
    return found


def replaced(text: str, variables: Mapping[str, str]) -> str:
    """A text without quotes, in which variables are replaced."""
    return str(WordSplitter(text, args={}, envs=dict(variables)).dequote())


def pairs(text: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The names and values of ENV or LABEL."""
    for word in WordSplitter(text, args={}, envs=dict(variables)).split():
        name, _, value = word.partition("=")
        yield name, value
