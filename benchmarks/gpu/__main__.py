"""Measure `mergehub merge --device cuda` beside the CPU, the card's limits and mergekit.

python -m benchmarks.gpu [--sizes 0.5b,1.3b] [--methods linear,ties] [--rounds 3] [--no-peer]

Needs an NVIDIA GPU. Every method's output is compared with the CPU's, byte for byte; the exit
status is 1 if one differs, or was not computed by the GPU alone. `--simulate` runs the whole
program on tiny models in numba's simulator, to show that it works; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.gpu.limits import Limits
from benchmarks.gpu.recipes import operands, recipe
from benchmarks.gpu.table import Result, heading, row
from benchmarks.measure import measure
from merge_worker.engine import digest_of_folder

CACHE = Path(__file__).parents[2] / ".cache" / "bench"
MERGEHUB = [Path(sys.prefix) / "bin" / "mergehub", "merge"]
COPY = 1 << 28
"""Bytes of a copy that measures the bus."""
PEER_OPTIONS = ("--cuda", "--lazy-unpickle", "--async-write", "--quiet")


def main() -> int:
    options = _options()
    if options.simulate:
        os.environ["NUMBA_ENABLE_CUDASIM"] = "1"  # before numba is imported, here and in children
    card = _card()
    os.environ["XDG_CACHE_HOME"] = str(CACHE / "xdg")
    from benchmarks.gpu.limits import measured
    from merge_worker.engine.methods import discover

    methods = options.methods.split(",") if options.methods else sorted(discover())
    limits = measured(0, 1 << 16 if options.simulate else COPY)
    equal = True
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        for size in options.sizes.split(","):
            bench = Bench(size, Path(work), options.rounds, peer=not options.no_peer)
            equal &= bench.run(methods, card, limits)
    return 0 if equal else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", help="default: 0.5b,1.3b; 7b needs 54 GB of disk and memory")
    parser.add_argument("--methods", help="default: all")
    parser.add_argument("--rounds", type=int, choices=range(1, 100), metavar="N", default=3)
    parser.add_argument("--no-peer", action="store_true", help="leave mergekit out")
    parser.add_argument("--simulate", action="store_true", help="tiny models, no GPU, no figures")
    options = parser.parse_args()
    if options.simulate:
        options.no_peer = True
    options.sizes = options.sizes or ("tiny" if options.simulate else "0.5b,1.3b")
    return options


def _card() -> str:
    """The name of the GPU; ends the program if there is none."""
    from merge_worker.engine import DeviceError
    from merge_worker.engine.cuda.device import label

    try:
        return label("cuda")
    except DeviceError as error:
        raise SystemExit(f"This benchmark needs an NVIDIA GPU: {error}") from None


class Bench:
    """The merges of one size of model."""

    def __init__(self, size: str, work: Path, rounds: int, *, peer: bool) -> None:
        from benchmarks.checkpoints import build
        from benchmarks.peer import mergekit

        self._size, self._work, self._rounds = size, work, rounds
        self._models = build(CACHE, size)
        self._tiny = build(CACHE, "tiny")
        self._peer = mergekit(CACHE) if peer else None
        self._warnings: tuple[str, ...] = ()
        """Those of the latest merge: what the GPU should have done and the processor did."""
        weights = self._models / "base" / "model.safetensors"
        self._bytes = weights.stat().st_size

    def run(self, methods: Sequence[str], card: str, limits: Limits) -> bool:
        """Print a table; returns whether all outputs were those of the CPU."""
        start = self._start()
        processors = len(os.sched_getaffinity(0))
        print(f"{heading(card, self._size, processors, limits, start)}", flush=True)
        results = []
        for method in methods:
            results.append(self._measured(method, start))
            print(f"| {' | '.join(row(results[-1], limits))} |", flush=True)
        print(flush=True)
        return all(result.sound for result in results)

    def _start(self) -> float:
        """Seconds of a merge on the GPU that has almost nothing to do."""
        return self._median("linear", self._tiny, "--device", "cuda")

    def _measured(self, method: str, start: float) -> Result:
        gpu = self._median(method, self._models, "--device", "cuda", keep="gpu")
        warnings = self._warnings
        cpu = self._median(method, self._models, keep="cpu")
        on_gpu, on_cpu = (self._work / name for name in ("gpu", "cpu"))
        equal = digest_of_folder(on_gpu) == digest_of_folder(on_cpu)
        for folder in (on_gpu, on_cpu):
            shutil.rmtree(folder)
        into = operands(method) * self._bytes
        peer = self._peers(method)
        return Result(method, gpu, cpu, peer, start, into, self._bytes, equal, warnings)

    def _median(self, method: str, models: Path, *flags: str, keep: str = "") -> float:
        """Seconds of a merge, after one that warms compiled code and the page cache.

        `keep` names the folder below the work folder in which the last output stays.
        """
        text, out = self._work / "recipe.yml", self._work / (keep or "out")
        text.write_text(recipe(method, models))
        command = [*MERGEHUB, text, out, "--no-sync", *flags]
        first = subprocess.run([*command, "--json"], capture_output=True, text=True)
        if first.returncode != 0:
            raise RuntimeError(first.stderr[-3000:])
        self._warnings = tuple(json.loads(first.stdout)["warnings"])
        seconds = []
        for _ in range(self._rounds):
            shutil.rmtree(out)
            seconds.append(measure(command).wall)
        if not keep:
            shutil.rmtree(out)
        return statistics.median(seconds)

    def _peers(self, method: str) -> float | None:
        """Seconds of mergekit's merge on the GPU, in one run; None if it cannot do it."""
        if self._peer is None:
            return None
        text, out = self._work / "recipe.yml", self._work / "out"
        text.write_text(recipe(method, self._models))
        try:
            return measure([self._peer, text, out, *PEER_OPTIONS]).wall
        except RuntimeError as error:
            print(f"mergekit failed on {method}: {str(error)[-300:]}", file=sys.stderr)
            return None
        finally:
            shutil.rmtree(out, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
