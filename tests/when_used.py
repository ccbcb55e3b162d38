"""Libraries of the tests that take seconds to import: imported by the test that uses them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest


class _WhenUsed:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # pytest asks whatever a module names whether it is a fixture
            raise AttributeError(name)
        return getattr(import_module(self._name), name)


def when_used(name: str) -> Any:
    """The module `name`, imported at its first use; tests of a file that lacks it are skipped."""
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed", allow_module_level=True)
    return _WhenUsed(name)
