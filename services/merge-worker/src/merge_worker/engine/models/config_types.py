"""Checks the types of those keys of a config.json that a merge relies on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from merge_worker.engine.errors import CheckpointError

from .layers import DEPTH_KEYS

DEEPEST: Final = 100_000
STAGED: Final = "depth"
"""The depth key that some vision models give as a list, stage by stage."""
SHOWN: Final = 40


def check_config(config: Mapping[str, Any], path: Path) -> None:
    """Check the types of what a configuration says about the model's kind and depth.

    Raises:
        CheckpointError: a value has another type than its key requires.
    """
    for key, value, wanted in _faults(config):
        text = repr(value)
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        raise CheckpointError(f"{path}: {key} must be {wanted}, not {shown}")


def _faults(config: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Yield each key with a value of the wrong type, the value, and what it must be."""
    kind, classes = config.get("model_type"), config.get("architectures")
    if not isinstance(kind, str | None):
        yield "model_type", kind, "text"
    if classes is not None and not _all_are(str, classes):
        yield "architectures", classes, "a list of texts"
    yield from _depth_faults(config, "")


def _depth_faults(section: Mapping[str, Any], within: str) -> Iterator[tuple[str, Any, str]]:
    for key in DEPTH_KEYS:
        value = section.get(key)
        if value is not None and not (_is_depth(value) or (key == STAGED and _all_are(int, value))):
            yield f"{within}{key}", value, f"a whole number from 0 to {DEEPEST}"
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _depth_faults(value, f"{within}{name}.")


def _is_depth(value: Any) -> bool:
    return type(value) is int and 0 <= value <= DEEPEST


def _all_are(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, kind) for each in value)
