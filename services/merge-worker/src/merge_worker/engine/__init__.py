"""The merge engine: a library that plans a merge of models and runs it.

    sources = Sources(roots=(Path("models"),))
    plan = plan_merge(parse_recipe(text), sources)
    result = merge(plan, Path("merged"))

It uses no HTTP, no queue and no database. Planning imports no compiler.
"""

from __future__ import annotations

from merge_worker.engine.machine.caches import cache_folder
from merge_worker.engine.models.digests import digest_of_folder
from merge_worker.engine.models.sources import Sources
from merge_worker.engine.output.part import Part
from merge_worker.engine.output.progress import Progress
from merge_worker.engine.planning.peak_memory import peak_memory
from merge_worker.engine.planning.planner import plan_merge

from .errors import (
    CheckpointError,
    DeviceError,
    DiskFullError,
    EngineError,
    InputChangedError,
    MethodError,
    NotFiniteError,
    NotSupportedError,
    OutOfMemoryError,
    OutputError,
    OutsideError,
    PlanError,
    ResumeError,
    SourceError,
    TooManyFilesError,
)
from .execute import MergeOptions, MergeResult, merge, merge_part
from .plan import Plan

__all__ = [
    "CheckpointError",
    "DeviceError",
    "DiskFullError",
    "EngineError",
    "InputChangedError",
    "MergeOptions",
    "MergeResult",
    "MethodError",
    "NotFiniteError",
    "NotSupportedError",
    "OutOfMemoryError",
    "OutputError",
    "OutsideError",
    "Part",
    "Plan",
    "PlanError",
    "Progress",
    "ResumeError",
    "SourceError",
    "Sources",
    "TooManyFilesError",
    "cache_folder",
    "digest_of_folder",
    "merge",
    "merge_part",
    "peak_memory",
    "plan_merge",
]
