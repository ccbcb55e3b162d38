"""Finds a task by its name: a local one, or else one of the harness."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .local import LocalTask, inside_root, load_task
from .own import OwnTask, own_task

Task = LocalTask | OwnTask
"""A task of either kind; both have a name, a version, a digest and a number of examples."""


def find_task(name: str, roots: Sequence[Path], own: Sequence[str]) -> Task:
    """The local task of that name, or else the harness's, if it is among those that are allowed.

    Raises:
        TaskError: there is neither, or it asks for something forbidden.
    """
    if not has_task(name, roots) and (found := own_task(name, own)):
        return found
    return load_task(name, roots, own)


def has_task(name: str, roots: Sequence[Path]) -> bool:
    """Whether a root has a local task of that name."""
    return any(inside_root(root, name) for root in roots)
