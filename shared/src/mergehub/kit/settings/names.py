"""The names of all variables, and those in an environment that no program reads."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache

from mergehub.kit.settings.environment import variable_of
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings
from mergehub.variables import SUFFIX, with_files

PREFIX = "MERGEHUB_"
OF_THE_SHELL = ("MERGEHUB_URL", "MERGEHUB_TOKEN", "MERGEHUB_LOGINS", "MERGEHUB_DATA")
NEAR = 0.85
SERVICE_LINK = re.compile(r"(?P<service>MERGEHUB_\w+?)_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_\w+)?")
"""What Kubernetes tells every container about each Service whose name begins with `mergehub-`."""


def known() -> set[str]:
    """The names of all variables that a program of Mergehub reads, and of their files."""
    kinds = (ServiceSettings, WorkerSettings)
    fields = {variable_of(kind, field) for kind in kinds for field in kind.model_fields}
    return set(with_files(fields | set(OF_THE_SHELL)))


def named(environment: Mapping[str, str]) -> list[str]:
    """The variables with our prefix in order, without what Kubernetes writes for its Services."""
    ours = (name for name in environment if name.startswith(PREFIX))
    return sorted(name for name in ours if not _link(name, environment))


def unknown(names: Iterable[str]) -> dict[str, str | None]:
    """The names that no program reads, each with the one that it may be a misspelling of."""
    everything = known()
    return {name: _near(name, everything) for name in names if name not in everything}


def misspelt(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that seem to be misspelt, each with the right name."""
    return {name: near for name, near in unknown(named(environment)).items() if near}


@cache
def warn_of_misspelt() -> None:
    """Log once for a process which variables of its environment seem to be misspelt."""
    import structlog  # here, since `mergehub up` asks what is misspelt and has no log

    log = structlog.get_logger()
    for name, near in misspelt(os.environ).items():
        log.warning("settings.unknown", variable=name, write=near)


def _near(name: str, everything: set[str]) -> str | None:
    alike = [each for each in everything if each.endswith(SUFFIX) == name.endswith(SUFFIX)]
    return next(iter(get_close_matches(name, alike, n=1, cutoff=NEAR)), None)


def _link(name: str, environment: Mapping[str, str]) -> bool:
    """Whether Kubernetes wrote the variable for one of its Services."""
    found = SERVICE_LINK.fullmatch(name)
    return found is not None and f"{found['service']}_SERVICE_HOST" in environment
