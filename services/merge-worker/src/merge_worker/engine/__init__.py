"""The merge engine: a library that plans a merge of models and carries it out.

    sources = Sources(roots=(Path("models"),))
    plan = plan_merge(parse_recipe(text), sources)
    result = merge(plan, Path("merged"))

It knows no HTTP, no queue and no database. Planning imports no compiler.
"""

from __future__ import annotations

from .caches import cache_folder
from .digests import digest_of_folder
from .errors import (
    CheckpointError,
    DeviceError,
    DiskFullError,
    EngineError,
    InputChangedError,
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
from .peak_memory import peak_memory
from .plan import Plan
from .planner import plan_merge
from .portion import Portion
from .progress import Progress
from .sources import Sources

__all__ = [
    "CheckpointError",
    "DeviceError",
    "DiskFullError",
    "EngineError",
    "InputChangedError",
    "MergeOptions",
    "MergeResult",
    "NotFiniteError",
    "NotSupportedError",
    "OutOfMemoryError",
    "OutputError",
    "OutsideError",
    "Plan",
    "PlanError",
    "Portion",
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
