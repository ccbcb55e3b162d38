"""Carries out the `docker compose` commands of the documentation on a deployment."""

from __future__ import annotations

import re
import shlex

from .compose import ROOT, services
from .topology import Topology

README = ROOT / "deploy/README.md"
COMMAND = re.compile(r"^ {4,}docker compose (.*)$", re.MULTILINE)


def commands(begin: str, end: str) -> list[str]:
    """The indented commands between two texts of the page, without `docker compose`."""
    section = README.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0]
    found = COMMAND.findall(re.sub(r"\\\n *", "", section))
    assert found, f"{README} has no commands between {begin!r} and {end!r}."
    return found


def compose(topology: Topology, command: str) -> str:
    """Do what `docker compose` does with these words; returns what the command printed."""
    profiles, verb, words = _read(shlex.split(command, comments=True))
    status, said = 0, ""
    match verb:
        case "up":
            topology.up(*words)
        case "down":
            topology.down()
        case "exec":
            status, said = topology.containers[words[0]].output(words[1:])
        case "run":
            service = services({}, frozenset(profiles))[words[0]]
            status, said = topology.once(service, words[1:])
        case _:
            raise AssertionError(f"This test does not know `docker compose {verb}`.")
    assert status == 0, f"docker compose {command}\n{said}"
    return said


def _read(words: list[str]) -> tuple[list[str], str, list[str]]:
    """Profiles, verb and arguments; the verb's own flags say how to wait and what to keep."""
    profiles = []
    while words[0] == "--profile":
        profiles.append(words[1])
        words = words[2:]
    verb, *words = words
    while words and words[0].startswith("--"):
        words = words[1:]
    return profiles, verb, words
