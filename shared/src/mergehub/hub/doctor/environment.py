"""Checks the variables: unknown, misspelt and unreadable ones, and their files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from mergehub.hub.doctor.finding import Finding, failed, ok, warning
from mergehub.kit.settings.environment import BadSettings, Settings, read_settings, variable_of
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings
from mergehub.variables import SUFFIX, BadVariable, variable, with_files

CHECK = "settings"
PREFIX = "MERGEHUB_"
OF_THE_SHELL = ("MERGEHUB_URL", "MERGEHUB_TOKEN", "MERGEHUB_LOGINS", "MERGEHUB_DATA")
NEAR = 0.85
LISTED = (
    "Remove it, or look its name up in shared/README.md (services and shells), "
    "services/registry/README.md or services/merge-worker/README.md."
)
SERVICE_LINK = re.compile(r"(?P<service>MERGEHUB_\w+?)_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_\w+)?")
"""What Kubernetes tells every container about each Service whose name begins with `mergehub-`."""


def known() -> set[str]:
    """The names of all variables that a program of Mergehub reads, and of their files."""
    kinds = (ServiceSettings, WorkerSettings)
    fields = {variable_of(kind, field) for kind in kinds for field in kind.model_fields}
    return set(with_files(fields | set(OF_THE_SHELL)))


def check_settings(environment: Mapping[str, str]) -> Iterator[Finding]:
    """What is wrong with the variables of Mergehub in an environment."""
    names = sorted(
        name for name in environment if name.startswith(PREFIX) and not _link(name, environment)
    )
    findings = [*_unreadable(environment), *_unknown(names)]
    yield from findings
    if not findings:
        yield ok(CHECK, _counted(len(names)))


def _counted(number: int) -> str:
    if number == 0:
        return "no variable of Mergehub is set"
    if number == 1:
        return "1 variable is set, known and readable"
    return f"{number} variables are set, all known and readable"


def _unreadable(environment: Mapping[str, str]) -> Iterator[Finding]:
    needed = dict.fromkeys(["MERGEHUB_WORKER_TOKEN"], "mgh_absent")
    lacks = not any(environment.get(name) for name in with_files(needed))
    sentences = [
        *_faults(ServiceSettings, environment),
        *_faults(WorkerSettings, {**environment, **(needed if lacks else {})}),
        *_faults_of_the_shell(environment),
    ]
    for sentence in dict.fromkeys(sentences):
        found, _, right = sentence.partition(". ")
        yield failed(CHECK, f"{found.rstrip('.')}.", right)


def _faults(kind: type[Settings], environment: Mapping[str, str]) -> list[str]:
    try:
        read_settings(kind, environment)
    except BadSettings as error:
        return str(error).splitlines()
    return []


def _faults_of_the_shell(environment: Mapping[str, str]) -> Iterator[str]:
    for name in OF_THE_SHELL:
        try:
            variable(name, environment)
        except BadVariable as error:
            yield str(error)


def _unknown(names: list[str]) -> Iterator[Finding]:
    everything = known()
    for name in names:
        if name in everything:
            continue
        plain = [each for each in everything if each.endswith(SUFFIX) == name.endswith(SUFFIX)]
        if near := get_close_matches(name, plain, n=1, cutoff=NEAR):
            yield failed(CHECK, f"{name} is not a variable of Mergehub.", f"Write {near[0]}.")
        else:
            yield warning(CHECK, f"No program of this release reads {name}.", LISTED)


def _link(name: str, environment: Mapping[str, str]) -> bool:
    """Whether Kubernetes wrote the variable for one of its Services."""
    found = SERVICE_LINK.fullmatch(name)
    return found is not None and f"{found['service']}_SERVICE_HOST" in environment
