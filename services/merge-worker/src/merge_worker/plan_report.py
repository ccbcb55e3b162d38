"""What `mergehub plan` says of a merge."""

from __future__ import annotations

import os
from collections import Counter

from rich.filesize import decimal
from rich.table import Table

from merge_worker.engine import MergeOptions, Plan

BYTES_PER_SECOND = 500e6
"""What one processor reads and writes together in a second by the slower methods."""


def described(planned: Plan, options: MergeOptions) -> Table:
    """The plan for people, a line for each question."""
    copied = len(planned.copied)
    methods = Counter(tensor.method for tensor in planned.tensors if tensor.method)
    rows = {
        "models": "\n".join(model.reference for model in planned.models),
        "methods": ", ".join(f"{name} for {n} tensors" for name, n in methods.items()) or "none",
        "copied": f"{copied} of {len(planned.tensors)} tensors, untouched",
        "read": decimal(planned.bytes_in),
        "write": f"{decimal(planned.bytes_out)}, files: {len(planned.shards)}",
        "memory": f"{decimal(planned.peak_memory(options.workers))} of buffers at most, "
        f"with {options.workers} threads",
        "time": f"up to about {_seconds(planned, options):,.0f} s",
        "note": "\n".join(planned.notes),
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    return table


def _seconds(planned: Plan, options: MergeOptions) -> float:
    moved = planned.bytes_in + planned.bytes_out
    return max(1.0, moved / BYTES_PER_SECOND / min(options.workers, os.cpu_count() or 1))
