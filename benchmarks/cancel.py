"""Measure how soon a cancelled merge ends, and that a retry resumes where it ended.

PYTHONPATH=tests python -m benchmarks.cancel [--times 3] [--attempt-seconds 4]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from running import RunningHub, started_hub

from benchmarks.checkpoints import build
from benchmarks.merge import CACHE, recipe
from mergehub.client import HubClient
from mergehub.contracts.runs import Run, RunState

LOOK_SECONDS = 0.02


def partial_of(hub: RunningHub, run: Run) -> Path:
    return hub.data / "artifacts" / "runs" / f"{run.id}.partial"


def cancelled(hub: RunningHub, client: HubClient, text: str) -> tuple[float, float]:
    """Seconds until a merge that writes has ended, and until its disk is free."""
    run = client.submit({"kind": "merge", "recipe": text, "model_name": "bench/cancelled"})
    next(seen for seen in client.follow(run.id) if seen.progress and seen.progress.bytes_done)
    assert partial_of(hub, run).exists()
    began = time.perf_counter()
    client.cancel(run.id)
    while client.run(run.id).state is RunState.RUNNING:
        time.sleep(LOOK_SECONDS)
    ended = time.perf_counter() - began
    while partial_of(hub, run).exists():
        time.sleep(LOOK_SECONDS)
    return ended, time.perf_counter() - began


def retried(client: HubClient, text: str, seconds: int) -> tuple[int, bool]:
    """How many attempts of `seconds` each a merge took, and whether each resumed the last."""
    wanted = {"kind": "merge", "recipe": text, "model_name": "bench/retried"}
    run = client.submit({**wanted, "timeout_seconds": seconds})
    filled, goes_on = 0, True
    while True:
        for seen in client.follow(run.id):
            if seen.state is RunState.RUNNING and seen.progress and seen.progress.stage == "fill":
                goes_on = goes_on and seen.progress.bytes_done >= filled
                filled = seen.progress.bytes_done
        if seen.state is RunState.SUCCEEDED:
            assert seen.result is not None
            calm = list(client.follow(client.submit(wanted).id))[-1]
            assert calm.result is not None
            same = seen.result["output_digest"] == calm.result["output_digest"]
            return seen.attempt, goes_on and same
        client.retry(run.id)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--attempt-seconds", type=int, default=4)
    asked = parser.parse_args()
    folder = build(CACHE, "1.3b")
    (folder / "tasks").mkdir(exist_ok=True)  # a hub needs a folder of evaluation tasks
    text = recipe("della", Path())
    with (
        tempfile.TemporaryDirectory(prefix="mh-") as data,
        started_hub(Path(data) / "hub", folder) as hub,
        hub.client() as client,
    ):
        ends, frees = zip(*(cancelled(hub, client, text) for _ in range(asked.times)), strict=True)
        for what, each in (("merge ended", ends), ("disk free", frees)):
            print(
                f"{what} {statistics.median(each):.2f} s after the cancel (worst {max(each):.2f})"
            )
        attempts, sound = retried(client, text, asked.attempt_seconds)
        print(f"{attempts} attempts, each resuming the last, to the same digest: {sound}")
    sys.exit(0 if sound and max(frees) < 5 else 1)


if __name__ == "__main__":
    main()
