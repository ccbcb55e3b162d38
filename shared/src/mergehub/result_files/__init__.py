"""Results of evaluations as files: readers of what others wrote, and writers of what a hub knows.

`read` gives batches of rows for an import; `written` and `write` turn rows into text.
"""

from .mapping import BadMapping, Mapping
from .reading import FORMATS, read
from .rows import Batch, Doubtful, Refused, Unreadable
from .writing import WRITABLE, write, written

__all__ = [
    "FORMATS",
    "WRITABLE",
    "BadMapping",
    "Batch",
    "Doubtful",
    "Mapping",
    "Refused",
    "Unreadable",
    "read",
    "write",
    "written",
]
