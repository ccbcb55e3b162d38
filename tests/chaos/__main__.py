"""`python -m chaos`: storms over the real stack, one after the other, and what they broke."""

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

import tiny

from .chaos_run import Options, Outcome, chaos


def main() -> int:
    options = _options()
    with _models() as models:
        outcomes = [_once(each, models) for each in options]
    broken = sum(bool(outcome.violations) for outcome in outcomes)
    seeds = ", ".join(str(each.seed) for each in options)
    print(f"chaos with the seeds {seeds}: {broken} of {len(outcomes)} runs with violations")
    return 1 if broken else 0


def _options() -> list[Options]:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seed", type=int, nargs="*", help="orders of events; default: the clock")
    parser.add_argument("--seconds", type=float, default=300, help="how long each storm lasts")
    parser.add_argument("--runs", type=int, default=300, help="how many are submitted in each")
    given = parser.parse_args()
    seeds = given.seed or [int(time.time()) % 1_000_000]
    return [Options(seed, given.seconds, given.runs) for seed in seeds]


def _once(options: Options, models: Path) -> Outcome:
    """One storm; its folder is kept where something broke."""
    folder = Path(tempfile.mkdtemp(prefix="mh-chaos-"))
    print(f"seed {options.seed}: {options.runs} runs, {options.seconds:.0f} s, in {folder}")
    began = time.monotonic()
    outcome = asyncio.run(chaos(options, folder, models))
    for line in outcome.lines():
        print(f"  {line}")
    print(f"  in {time.monotonic() - began:.0f} s", flush=True)
    if not outcome.violations:
        shutil.rmtree(folder)
    return outcome


@contextmanager
def _models() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mh-models-") as folder:
        tiny.write_all(Path(folder))
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
