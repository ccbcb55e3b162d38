"""Benchmarks run by hand, so what they import of the project is looked for here."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"mergehub", "registry", "lineage", "leaderboard", "merge_worker"}
BENCHMARKS = sorted(path.relative_to(ROOT) for path in (ROOT / "benchmarks").rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """What a file imports of the project: the module, and the name in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            yield from ((str(node.module), each.name) for each in node.names)


@pytest.mark.parametrize("path", BENCHMARKS, ids=str)
def test_a_benchmark_finds_what_it_imports(path: Path) -> None:
    for module, name in imported(ROOT / path):
        if not hasattr(importlib.import_module(module), name):
            importlib.import_module(f"{module}.{name}")
