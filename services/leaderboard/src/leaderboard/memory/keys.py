"""The conditions of a score, in memory."""

from __future__ import annotations

from dataclasses import dataclass

SOURCES = ("verified", "community", "imported")
"""Where a result comes from, the most trusted first; a code in the columns is a place in here."""


@dataclass(frozen=True)
class SettingKey:
    """The conditions that two scores must share to be compared. None: not stated.

    - `id`: of the row in the table of settings.
    - `subtask`: empty for the whole benchmark.
    - `items`: how many items a full run has, if that is known.
    """

    id: int
    benchmark: str
    version: str
    subtask: str
    metric: str
    shots: int | None
    chat_template: bool | None
    task_hash: str | None
    items: int | None = None
