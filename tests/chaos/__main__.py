"""`python -m chaos`: run storms over the real stack, and report what they broke."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tiny_models import copy_models

from . import report
from .acts import Options
from .chaos_run import Outcome, chaos

SEEDS = range(1, 11)
INTERRUPTED = 130


def main() -> int:
    options = _options()
    try:
        with _models() as models:
            outcomes = [_once(each, models) for each in options]
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("interrupted: all processes are stopped and all folders removed")
        return INTERRUPTED
    for each, outcome in zip(options, outcomes, strict=True):
        print(f"seed {each.seed}: {_verdict(outcome)}")
    return 1 if any(outcome.violations for outcome in outcomes) else 0


def _options() -> list[Options]:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    add = parser.add_argument
    add(
        "--seed",
        type=int,
        nargs="*",
        default=list(SEEDS),
        help="the seeds; each gives one order of events",
    )
    add("--seconds", type=float, default=300, help="how long each storm lasts")
    add("--runs", type=int, default=300, help="how many runs are submitted in each")
    add("--patience", type=float, default=600, help="seconds within which all runs must end")
    add("--restarts", type=int, default=3, help="workers killed in the calm after the storm")
    given = parser.parse_args()
    more = {"patience": given.patience, "restarts": given.restarts}
    return [Options(seed, given.seconds, given.runs, **more) for seed in given.seed]


def _once(options: Options, models: Path) -> Outcome:
    """Run one storm; its folder is kept if something broke."""
    folder = Path(tempfile.mkdtemp(prefix="mh-chaos-"))
    print(f"seed {options.seed}: {options.runs} runs, {options.seconds:.0f} s, in {folder}")
    began = time.monotonic()
    try:
        outcome = asyncio.run(chaos(options, folder, models))
    except (KeyboardInterrupt, asyncio.CancelledError):
        shutil.rmtree(folder)
        raise
    for line in report.lines(outcome.evidence, outcome.violations):
        print(f"  {line}")
    print(f"  in {time.monotonic() - began:.0f} s", flush=True)
    if not outcome.violations:
        shutil.rmtree(folder)
    return outcome


def _verdict(outcome: Outcome) -> str:
    evidence = outcome.evidence
    acknowledged = len({entry["run"] for entry in evidence.of("acknowledged")})
    return (
        f"{acknowledged} runs, {len(evidence.of('fault'))} faults, {report.lost(evidence)} lost, "
        f"{report.doubled(evidence)} doubled, {len(outcome.violations)} violations"
    )


@contextmanager
def _models() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mh-models-") as folder:
        copy_models(Path(folder))
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
