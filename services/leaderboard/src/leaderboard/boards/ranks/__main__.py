"""Reads scores and errors from standard input, and writes their ranks: see `apart`."""

from __future__ import annotations

import io
import sys

import numpy as np

from leaderboard.statistics.ranks import intervals
from mergehub.kit.background.apart import give_way

NICENESS = 19  # nobody waits for ranks, and results may come all the time


def main() -> None:
    give_way(NICENESS)
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as asked:
        scores, errors = asked["scores"], asked["errors"]
        seed, replicates = int(asked["seed"]), int(asked["replicates"])
    found = intervals(scores, errors, seed, replicates=replicates)
    answer = io.BytesIO()
    np.savez(answer, places=found.places, best=found.best, worst=found.worst)
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    main()
