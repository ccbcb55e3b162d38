"""The needs of runs and the capacity of workers: hardware class, memory and disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field

from mergehub.contracts.strict import Strict

Hardware = Literal["cpu", "gpu", "gpu:80gb"]
HARDWARE: tuple[Hardware, ...] = get_args(Hardware)

# A run of a class may go to workers of any of these classes; a CPU never takes the place of a GPU.
SUITABLE: dict[str, tuple[Hardware, ...]] = {
    "cpu": ("cpu",),
    "gpu": ("gpu", "gpu:80gb"),
    "gpu:80gb": ("gpu:80gb",),
}

Bytes = Annotated[int, Field(ge=0, lt=2**63)]


class Needs(Strict):
    """The resources that an attempt at a run needs, in bytes, as far as its plan says."""

    memory: Bytes = Field(default=0, description="Main memory of the worker.")
    disk: Bytes = Field(default=0, description="Space on the disk of the worker's artifacts.")
    gpu_memory: Bytes = Field(default=0, description="Memory of one GPU.")


class Gpu(Strict):
    """A GPU as its driver describes it; `memory` is null if the driver does not say."""

    uuid: str = Field(max_length=100)
    name: str = Field(max_length=200)
    memory: Bytes | None
    driver: str = Field(max_length=100)


class Capacity(Strict):
    """The resources of a worker, in bytes; null if it does not know."""

    memory: Bytes | None = None
    disk: Bytes | None = None
    gpu_memory: Bytes | None = None
    gpu: Gpu | None = Field(default=None, description="The GPU that its runs use.")


def lacking(needs: Needs, capacity: Capacity) -> list[str]:
    """Sentences that say what is too little; none if the run fits or the capacity is unknown."""
    return list(_lacking(needs, capacity))


def _lacking(needs: Needs, capacity: Capacity) -> Iterator[str]:
    for name, words in (("memory", "memory"), ("disk", "disk space"), ("gpu_memory", "GPU memory")):
        needed, there = getattr(needs, name), getattr(capacity, name)
        if there is not None and needed > there:
            yield f"It needs {_size(needed)} of {words}, and the worker has {_size(there)}."


def _size(count: int) -> str:
    """A number of bytes in the largest decimal unit in which it is at least 1."""
    value, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB", "PB", "EB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}"
