"""The table of a benchmark: medians, and how many times faster one way is than another."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Final

Times = dict[str, list[float]]
"""Seconds of each round, by what was measured."""

AS_FAST, TWICE = 1.0, 2.0
INDEX, IMPORT = "lm_eval, its index", "lm_eval, its import"
QUICK: Final = "lm_eval, without its index"


@dataclass(frozen=True)
class Row:
    """One comparison; without a target it is only shown."""

    said: str
    slow: str
    fast: str
    target: float | None = None


ROWS: Final = (
    Row("an evaluation, beside the `lm_eval` command", "lm_eval", "evaluate", AS_FAST),
    Row("the same, without its index of tasks", QUICK, "evaluate"),
    Row(
        "a merge in memory, beside writing it, then `lm_eval`",
        "written, then lm_eval", "in memory", TWICE,
    ),
    Row("the same, without its index", f"written, then {QUICK}", "in memory"),
    Row("a merge in memory, beside our own two runs", "written, then evaluate", "in memory"),
    Row(
        "three candidates in memory, beside writing each, then `lm_eval`",
        "ablation written, then lm_eval", "ablation in memory", TWICE,
    ),
    Row(
        "the same, without its index",
        f"ablation written, then {QUICK}", "ablation in memory",
    ),
    Row(
        "three candidates in memory, beside our own six runs",
        "ablation written, then evaluate", "ablation in memory",
    ),
)  # fmt: skip


def without_index(times: Times) -> None:
    """Add what `lm_eval` takes without reading the files of all its tasks, which it does first."""
    index = median(times.pop(INDEX)) - median(times.pop(IMPORT))
    for name in [name for name in times if "lm_eval" in name]:
        commands = 3 if name.startswith("ablation") else 1
        quick = name.replace("lm_eval", QUICK)
        times[quick] = [each - commands * max(0, index) for each in times[name]]


def show(cpu: Times, wall: Times) -> int:
    """Print the table; returns how many targets are missed."""
    for times in (cpu, wall):
        without_index(times)
    print("| | CPU s | wall s |\n| --- | ---: | ---: |")
    for name in cpu:
        print(f"| {name} | {median(cpu[name]):.1f} | {median(wall[name]):.1f} |")
    print("\n| times faster | by CPU | by the clock | target | |")
    print("| --- | ---: | ---: | ---: | --- |")
    return sum(_compared(row, cpu, wall) for row in ROWS)


def _compared(row: Row, cpu: Times, wall: Times) -> bool:
    """Print a comparison; returns whether it misses its target, which is one of CPU time."""
    ratio = median(cpu[row.slow]) / median(cpu[row.fast])
    clock = median(wall[row.slow]) / median(wall[row.fast])
    missed = row.target is not None and ratio < row.target
    target = "" if row.target is None else f"{row.target:.0f}×"
    mark = "" if row.target is None else ("missed" if missed else "met")
    print(f"| {row.said} | {ratio:.2f}× | {clock:.2f}× | {target} | {mark} |")
    return missed
