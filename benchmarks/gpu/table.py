"""The table of the GPU benchmark: one line for each method."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.gpu.limits import Limits

COLUMNS = (
    "method", "GPU s", "CPU s", "times the CPU", "mergekit --cuda s", "times mergekit",
    "GB/s", "of the bus", "of the memory", "bytes equal",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """A method's merges of one model: seconds by contestant, and the bytes that cross the bus.

    `peer` is None if mergekit did not take part or failed. `start` is how much of `gpu` is not
    spent on the model: starting the process, the driver and the compiler. With `warnings`, the
    processor did a part of what the GPU should have done, so the line says nothing about it.
    """

    method: str
    gpu: float
    cpu: float
    peer: float | None
    start: float
    into: int
    out: int
    equal: bool
    warnings: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the GPU did all of it, to the bytes of the CPU."""
        return self.equal and not self.warnings

    @property
    def working(self) -> float | None:
        """Seconds on the GPU without the start; None if the model is too small to tell."""
        return self.gpu - self.start if self.gpu > self.start else None


def row(result: Result, limits: Limits) -> list[str]:
    """A line of the table, in the order of COLUMNS."""
    return [
        result.method,
        f"{result.gpu:.2f}",
        f"{result.cpu:.2f}",
        f"{result.cpu / result.gpu:.1f}",
        "" if result.peer is None else f"{result.peer:.2f}",
        "" if result.peer is None else f"{result.peer / result.gpu:.1f}",
        *_speed(result, limits),
        _verdict(result),
    ]


def heading(card: str, size: str, processors: int, limits: Limits, start: float) -> str:
    """What the table is about: the card, its limits, and the columns."""
    return (
        f"## {size} on {card}, {processors} processors, medians\n\n"
        f"Pinned copies: {limits.into / 1e9:.1f} GB/s to the card, {limits.out / 1e9:.1f} GB/s "
        f"from it; its memory: {limits.memory / 1e9:.0f} GB/s. A start takes {start:.2f} s, which "
        "GB/s and the shares leave out.\n\n"
        f"| {' | '.join(COLUMNS)} |\n{'| --- ' * len(COLUMNS)}|"
    )


def _verdict(result: Result) -> str:
    if not result.equal:
        return "NO"
    return f"but not by the GPU alone: {' '.join(result.warnings)}" if result.warnings else "yes"


def _speed(result: Result, limits: Limits) -> list[str]:
    """Bytes per second across the bus, and the shares of what the bus and the memory could do."""
    moved = result.into + result.out
    if result.working is None:
        return ["", "", ""]
    least = limits.bus_seconds(result.into, result.out), limits.memory_seconds(moved)
    shares = [f"{100 * seconds / result.working:.1f} %" for seconds in least]
    return [f"{moved / result.working / 1e9:.2f}", *shares]
