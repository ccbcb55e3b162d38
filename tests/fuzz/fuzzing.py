"""One run of schemathesis against one service, read from its report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from .planted import Dictionaries
from .stack import OWNER, Stack

CONFIG = Path(__file__).with_name("schemathesis.toml")
# Methods that a path does not have are all refused in one place: two of the seven will do here.
# A sixth of the registry's cases are the parts of a result in `report_run`.
FEWER = """
[phases.coverage]
unexpected-methods = ["DELETE", "TRACE"]

[[operations]]
include-operation-id = "report_run"
phases.coverage.enabled = false
"""
PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a run; a skipped phase is an error. `said` is all of its output."""

    seed: int
    cases: int
    failures: int
    errors: int
    seconds: float
    said: str

    @property
    def good(self) -> bool:
        return not (self.failures or self.errors)


def fuzz(
    stack: Stack, service: str, *, cases: int, seed: int, folder: Path, few: bool = False
) -> Iterator[Outcome]:
    """Run with one seed after the other until `cases` have been tried.

    With `few`, the systematic part of the cases is a sample.
    """
    operations = _operations(stack.urls[service])
    examples = max(1, cases // (2 * operations))  # two phases use this number, others fewer
    while cases > 0:
        outcome = _run(stack, service, examples, seed, folder, few)
        yield outcome
        cases -= outcome.cases
        seed += 1


def _operations(url: str) -> int:
    answer = httpx.get(f"{url}/openapi.json", trust_env=False, timeout=60)
    paths = answer.raise_for_status().json()["paths"]
    return sum(len(methods) for methods in paths.values())


def _run(stack: Stack, service: str, examples: int, seed: int, folder: Path, few: bool) -> Outcome:
    """Run all phases and checks once, with at most `examples` per operation and phase."""
    config = folder / "schemathesis.toml"
    first, last = ('hooks = "fuzz.fewer"', FEWER) if few else ('hooks = "fuzz.hooks"', "")
    parts = [first, CONFIG.read_text("utf-8"), _told(stack.planted), last]
    config.write_text("\n".join(parts), encoding="utf-8")
    report = folder / f"{service}-{seed}.json"
    command: list[str | Path] = [Path(sys.executable).with_name("schemathesis")]
    command += ["--config-file", config, "run", f"{stack.urls[service]}/openapi.json"]
    command += ["--phases", ",".join(PHASES), "--checks", "all", "--no-color"]
    command += ["--max-examples", str(examples), "--seed", str(seed)]
    command += ["--header", f"Authorization: Bearer {OWNER}"]
    command += ["--report", "json", "--report-json-path", report]
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        command,
        env=dict(os.environ) | {"PYTHONPATH": str(tests)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if not report.exists():
        raise RuntimeError(f"schemathesis did not finish:\n{done.stdout}")
    told: dict[str, Any] = json.loads(report.read_text("utf-8"))
    counted = told["test_cases"]
    skipped = [name for name in PHASES if told["phases"][name]["skip_reason"]]
    return Outcome(
        seed,
        cases=counted["generated"],
        failures=counted["unique_failures"],
        errors=len(told["errors"]) + len(skipped) + (not told["complete"]),
        seconds=told["running_time"],
        said=done.stdout,
    )


def _told(planted: Dictionaries) -> str:
    """The dictionaries as TOML; JSON writes strings and numbers alike."""
    lines = [f"{name} = {{ values = {json.dumps(values)} }}" for name, values in planted.items()]
    return "\n".join(["[dictionaries]", *lines, ""])
