"""What `mergehub plan` shows about a merge."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from rich.filesize import decimal
from rich.table import Table

from merge_worker.engine import MergeOptions, Plan, peak_memory
from mergehub.cli.output import details

SECONDS_PER_GB = {
    "passthrough": 0.4,
    "linear": 0.45,
    "slerp": 0.4,
    "task_arithmetic": 0.4,
    "dare_linear": 0.45,
    "dare_ties": 0.45,
    "karcher": 0.5,
    "model_stock": 0.5,
    "ties": 0.8,
    "sce": 1.1,
    "breadcrumbs_ties": 1.1,
}
"""Seconds of one processor for each 10⁹ bytes read and written, measured by `make bench-merge`."""
SLOWEST_PER_GB = 1.5
SLOWER = 4
"""How much slower other machines, other disks and a first read of the inputs can be."""

START_SECONDS = (0.5, 2.0)
COMPILER_SECONDS = 3.0
METHOD_SECONDS = 7.0
"""Seconds to start the compiler, and to compile one method, once on each machine."""


def report(planned: Plan, options: MergeOptions) -> dict[str, Any]:
    """The plan as data; `seconds` has a lower and an upper estimate for an idle machine."""
    low, high = _seconds(planned, options)
    return {
        "models": [model.reference for model in planned.models],
        "methods": dict(_methods(planned)),
        "tensors": len(planned.tensors),
        "copied": len(planned.copied),
        "bytes_in": planned.bytes_in,
        "bytes_out": planned.bytes_out,
        "files": len(planned.shards),
        "memory": peak_memory(planned, options.workers),
        "threads": options.workers,
        "seconds": {"low": low, "high": high},
        "notes": list(planned.notes),
    }


def described(planned: Plan, options: MergeOptions) -> Table:
    """The plan for people, one line for each question."""
    methods = _methods(planned)
    low, high = _seconds(planned, options)
    rows = {
        "models": "\n".join(model.reference for model in planned.models),
        "methods": ", ".join(f"{name} for {n} tensors" for name, n in methods.items()) or "none",
        "copied": f"{len(planned.copied)} of {len(planned.tensors)} tensors, unchanged",
        "read": decimal(planned.bytes_in),
        "write": f"{decimal(planned.bytes_out)}, files: {len(planned.shards)}",
        "memory": f"{decimal(peak_memory(planned, options.workers))} of buffers at most, "
        f"with {options.workers} threads",
        "time": f"about {_time(low, high)} on an idle machine{_first_time(methods)}{_own(planned)}",
        "note": "\n".join(planned.notes),
    }
    return details(rows)


def _methods(planned: Plan) -> Counter[str]:
    return Counter(tensor.method for tensor in planned.tensors if tensor.method)


def _seconds(planned: Plan, options: MergeOptions) -> tuple[float, float]:
    """Estimate from a fast machine that has compiled the method to a slow one that must compile.

    An estimate is good for two digits, so it shows no more.
    """
    work = sum(
        (tensor.bytes_in + tensor.region.nbytes) / 1e9 * _rate(tensor.method)
        for tensor in planned.tensors
    ) / min(options.workers, os.cpu_count() or 1)
    low, high = START_SECONDS
    slow = high + _compiling(_methods(planned)) + SLOWER * work
    return _two_digits(low + work), _two_digits(slow)


def _two_digits(number: float) -> float:
    return float(f"{number:.2g}")


def _rate(method: str | None) -> float:
    return SECONDS_PER_GB.get(method or "passthrough", SLOWEST_PER_GB)


def _compiling(methods: Counter[str]) -> float:
    return COMPILER_SECONDS + METHOD_SECONDS * len(methods) if methods else 0.0


def _first_time(methods: Counter[str]) -> str:
    seconds = _compiling(methods)
    return f"; {seconds:.0f} s of it to compile, the first time" if seconds else ""


def _own(planned: Plan) -> str:
    """The part of the time that the estimate does not cover."""
    return f", plus the time of {planned.method_file.name}" if planned.method_file else ""


def _time(low: float, high: float) -> str:
    """Both ends of the estimate, in one unit."""
    units = ((3600, "h"), (60, "min"))
    size, unit = next(((size, unit) for size, unit in units if low >= 2 * size), (1, "s"))
    return f"{_two_digits(low / size):,g} to {_two_digits(high / size):,g} {unit}"
