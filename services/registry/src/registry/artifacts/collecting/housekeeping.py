"""Noting the models of runs that ended while an older registry was running."""

from __future__ import annotations

from mergehub.kit.database.housekeeping import Task
from registry.artifacts.collecting.reading import AT_ONCE, note_earlier

TASKS = (Task("artifacts.note", note_earlier, batch=AT_ONCE),)
