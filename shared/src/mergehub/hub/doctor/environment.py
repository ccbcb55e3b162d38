"""Checks the variables: unknown, misspelt and unreadable ones, and their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mergehub.hub.doctor.finding import Finding, failed, ok, warning
from mergehub.kit.settings.environment import BadSettings, Settings, read_settings
from mergehub.kit.settings.names import OF_THE_SHELL, named, unknown
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings
from mergehub.variables import BadVariable, variable, with_files

CHECK = "settings"
LISTED = (
    "Remove it, or look its name up in shared/README.md (services and shells), "
    "services/registry/README.md or services/merge-worker/README.md."
)


def check_settings(environment: Mapping[str, str]) -> Iterator[Finding]:
    """What is wrong with the variables of Mergehub in an environment."""
    names = named(environment)
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


def _unknown(names: Iterable[str]) -> Iterator[Finding]:
    for name, near in unknown(names).items():
        if near:
            yield failed(CHECK, f"{name} is not a variable of Mergehub.", f"Write {near}.")
        else:
            yield warning(CHECK, f"No program of this release reads {name}.", LISTED)
