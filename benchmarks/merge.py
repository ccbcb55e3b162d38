"""`mergehub merge` beside mergekit and beside a plain loop that moves the same bytes.

python benchmarks/merge.py [--size 0.5b] [--rounds 3] [--methods linear,ties] [--no-peer]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import yaml
from checkpoints import FINE_TUNES, SIZES, build
from measure import Measured, measure
from peer import mergekit
from rich.console import Console
from rich.table import Table

CACHE = Path(__file__).parents[1] / ".cache" / "bench"
TASK_VECTORS = {
    "task_arithmetic": {},
    "ties": {"density": 0.5},
    "dare_ties": {"density": 0.5},
}
METHODS = ("linear", "slerp", *TASK_VECTORS, "passthrough")


def recipe(method: str, folder: Path) -> str:
    """The recipe of `method` over the checkpoints in `folder`."""
    base, tuned = str(folder / "base"), [str(folder / name) for name in FINE_TUNES]
    document: dict[str, object] = {"merge_method": method, "dtype": "bfloat16"}
    if method == "passthrough":
        document["models"] = [{"model": tuned[0]}]
    elif method == "slerp":
        document |= {"models": [{"model": base}, {"model": tuned[0]}], "base_model": base}
        document["parameters"] = {"t": 0.4}
    else:
        own = TASK_VECTORS.get(method, {})
        document["models"] = [{"model": m, "parameters": {"weight": 0.4, **own}} for m in tuned]
        if method in TASK_VECTORS:
            document["base_model"] = base
    return yaml.safe_dump(document)


def inputs(method: str, folder: Path) -> list[Path]:
    """The weight files that the recipe of `method` reads."""
    names = {"passthrough": FINE_TUNES[:1], "slerp": ("base", "a"), "linear": FINE_TUNES}
    return [
        folder / name / "model.safetensors" for name in names.get(method, ("base", *FINE_TUNES))
    ]


def plain_loop(files: list[Path], out: Path) -> float:
    """Seconds to read all of `files` once and write one of them: the physical limit."""
    started = time.perf_counter()
    buffer = memoryview(bytearray(1 << 22))
    with out.open("wb", buffering=0) as sink:
        for index, path in enumerate(files):
            with path.open("rb", buffering=0) as source:
                while count := source.readinto(buffer):
                    if index == 0:
                        sink.write(buffer[:count])
    return time.perf_counter() - started


def one_round(method: str, folder: Path, peer: Path | None, work: Path) -> dict[str, Measured]:
    """Each contestant once on `method`."""
    text = work / "recipe.yml"
    text.write_text(recipe(method, folder))
    results = {"ours": _timed([Path(sys.prefix) / "bin" / "mergehub", "merge", text], work)}
    if peer is not None:
        flags = ["--lazy-unpickle", "--allow-crimes", "--no-copy-tokenizer"]
        results["mergekit"] = _timed([peer, text], work, *flags)
    seconds = plain_loop(inputs(method, folder), work / "plain")
    (work / "plain").unlink()
    return results | {"plain": Measured(seconds, seconds, 0)}


def _timed(command: list[str | Path], work: Path, *flags: str) -> Measured:
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    try:
        return measure([*command, out, *flags])
    finally:
        shutil.rmtree(out, ignore_errors=True)


def _row(method: str, rounds: list[dict[str, Measured]]) -> list[str]:
    wall = {name: statistics.median(one[name].wall for one in rounds) for name in rounds[0]}
    ours = [one["ours"] for one in rounds]
    row = [
        method,
        f"{wall['ours']:.2f}",
        f"{statistics.median(one.cpu for one in ours):.2f}",
        f"{max(one.anonymous for one in ours) / 1e6:.0f}",
        f"{wall['plain']:.2f}",
        f"{wall['ours'] / wall['plain']:.1f}",
    ]
    if "mergekit" in wall:
        peers = [one["mergekit"] for one in rounds]
        row += [
            f"{wall['mergekit']:.2f}",
            f"{max(one.anonymous for one in peers) / 1e6:.0f}",
            f"{wall['mergekit'] / wall['ours']:.1f}",
        ]
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="0.5b")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    folder = build(CACHE, options.size)
    peer = None if options.no_peer else mergekit(CACHE)
    table = Table("method", "wall s", "CPU s", "peak MB", "plain s", "× plain", title=options.size)
    if peer is not None:
        for column in ("mergekit s", "peak MB", "× faster"):
            table.add_column(column)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        for method in options.methods.split(","):
            one_round(method, folder, None, Path(work))  # compiled code and page cache get warm
            rounds = [one_round(method, folder, peer, Path(work)) for _ in range(options.rounds)]
            table.add_row(*_row(method, rounds))
    Console().print(table)


if __name__ == "__main__":
    main()
