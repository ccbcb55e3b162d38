"""docker-compose.yml as Compose reads it: variables replaced, merged, without other profiles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::-([^}]*))?\})")
DURATION = re.compile(r"(\d+)(ms|s|m|h)")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Service:
    """One service of the file; `told` is all that the file says about it."""

    name: str
    told: Mapping[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        return {name: _text(value) for name, value in self.told.get("environment", {}).items()}

    @property
    def depends_on(self) -> dict[str, str]:
        """The services that come first, with the condition of each."""
        found = self.told.get("depends_on", {})
        return {name: each["condition"] for name, each in found.items()}

    @property
    def is_job(self) -> bool:
        return self.told.get("restart") == "no"

    @property
    def stop_seconds(self) -> float:
        return seconds(self.told.get("stop_grace_period", "10s"))

    @property
    def check(self) -> list[str] | None:
        """The command of its health check; None if it has none."""
        check = self.told.get("healthcheck", {})
        return None if check.get("disable") else list(check["test"][1:])

    @property
    def secrets(self) -> list[str]:
        return list(self.told.get("secrets", ()))

    def volumes(self) -> list[tuple[str, str, bool]]:
        """Source, target, and whether it is read-only; without a source, its own name."""
        found = []
        for each in self.told.get("volumes", ()):
            source, target, *mode = each.split(":") if ":" in each else (self.name, each)
            found.append((source, target, mode == ["ro"]))
        return found


def services(
    variables: Mapping[str, str] | None = None, profiles: frozenset[str] = frozenset()
) -> dict[str, Service]:
    """The services that start with these variables and profiles."""
    told = document(variables)["services"]
    return {
        name: Service(name, each)
        for name, each in told.items()
        if not each.get("profiles") or profiles & set(each["profiles"])
    }


def document(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The whole file. Raises KeyError if a variable has neither a value nor a default."""
    found = _replaced(yaml.safe_load(FILE.read_text(encoding="utf-8")), variables or {})
    assert isinstance(found, dict)
    return found


def seconds(text: str) -> float:
    return sum(int(number) * UNITS[unit] for number, unit in DURATION.findall(text))


def _replaced(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(each, variables) for name, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, variables) for each in value]
    if not isinstance(value, str):
        return value

    def one(match: re.Match[str]) -> str:
        name, default = match.groups()
        if name is None:
            return "$"
        return variables.get(name) or (variables[name] if default is None else default)

    return VARIABLE.sub(one, value)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
