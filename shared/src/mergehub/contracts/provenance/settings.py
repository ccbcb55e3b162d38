"""What computed a model: the engine, the libraries, the device and the machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints

from mergehub.contracts.messages import Message

Short = Annotated[str, StringConstraints(max_length=200)]
Versions = Annotated[
    dict[Short, Short],
    Field(max_length=20, description="The versions of Python and of the libraries that computed."),
]


class Machine(Message):
    """A machine as its system describes it; `threads` are those that a process may use."""

    system: Short
    architecture: Short
    processor: Short | None
    threads: int = Field(ge=1, lt=2**31)


class MergeSetting(Message):
    """What computed a model; null and empty where it is not known."""

    engine_version: Short
    versions: Versions
    device: Short | None
    machine: Machine | None


class Unlike(Message):
    """Something in which two settings differ, such as `numpy`, with its value in each."""

    what: Short
    made: Short = Field(description="When the model was made.")
    again: Short = Field(description="When it was made again.")


def unlike(made: MergeSetting, again: MergeSetting) -> list[Unlike]:
    """What differs between the settings of two merges; what one of them does not know is left out.

    A worker that only reports a model that an earlier attempt made knows neither device nor
    machine.
    """
    before, after = dict(_facts(made)), dict(_facts(again))
    return [
        Unlike(what=name, made=before[name], again=after[name])
        for name in before
        if name in after and before[name] != after[name]
    ]


def _facts(setting: MergeSetting) -> Iterator[tuple[str, str]]:
    yield "engine", setting.engine_version
    yield from setting.versions.items()
    if setting.device is not None:
        yield "device", setting.device
    if setting.machine is not None:
        yield "system", setting.machine.system
        yield "architecture", setting.machine.architecture
        yield "processor", setting.machine.processor or "unknown"
