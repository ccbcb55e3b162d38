"""`python -m fuzz`: run schemathesis, all phases and all checks, against the services."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from mergehub.contracts.services import SERVICES

from .fuzzing import PHASES, Outcome, fuzz
from .stack import Stack, running

INTERRUPTED = 130
NAMES = [each.name for each in SERVICES]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--service", nargs="*", default=NAMES, choices=NAMES, help="the services")
    parser.add_argument("--cases", type=int, default=10_000, help="the least cases for each")
    parser.add_argument(
        "--seed", type=int, default=1, help="the first run's seed; the next run has the next"
    )
    options = parser.parse_args()
    for each in (signal.SIGINT, signal.SIGTERM):  # shells let background programs ignore them
        signal.signal(each, signal.default_int_handler)
    print(f"phases: {', '.join(PHASES)}; checks: all", flush=True)
    with running() as stack, tempfile.TemporaryDirectory() as folder:
        bad = [
            service
            for service in options.service
            if not _tell(stack, service, options.cases, options.seed, Path(folder))
        ]
    return 1 if bad else 0


def _tell(stack: Stack, service: str, cases: int, seed: int, folder: Path) -> bool:
    """Fuzz a service and print the outcome; returns whether nothing failed."""
    outcomes: list[Outcome] = []
    for outcome in fuzz(stack, service, cases=cases, seed=seed, folder=folder):
        outcomes.append(outcome)
        if not outcome.good:
            print(outcome.said)
    total, seconds = (sum(each.cases for each in outcomes), sum(each.seconds for each in outcomes))
    failures = sum(each.failures + each.errors for each in outcomes)
    seeds = ", ".join(str(each.seed) for each in outcomes)
    print(
        f"{service}: {total} cases, {failures} failures, {seconds:.0f} s, seeds {seeds}", flush=True
    )
    if failures and (log := stack.log(service)):
        print(f"The end of its log:\n{log[-4000:]}")
    return not failures


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted: all processes are stopped and all folders removed")
        sys.exit(INTERRUPTED)
