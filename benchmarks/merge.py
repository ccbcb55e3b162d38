"""Measure `mergehub merge` beside mergekit and beside a plain loop that moves the same bytes.

python -m benchmarks.merge [--size 0.5b] [--rounds 1] [--methods linear,ties] [--no-peer]

Mergehub is measured twice: until the output is complete ("wall", which is compared with mergekit,
since that does not wait for the disk either), and until the output is on the disk ("durable"). The
plain loop reads the same files in one thread and writes one of them. Its fastest pass counts as the
limit of this machine; a single pass may take four times as long, depending on what new memory costs
on the host.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import yaml

from benchmarks.checkpoints import FINE_TUNES, SIZES, build
from benchmarks.measure import Measured, measure
from benchmarks.peer import mergekit

CACHE = Path(__file__).parents[1] / ".cache" / "bench"
SPARSE = {"density": 0.5}
MODELS: dict[str, dict[str, float]] = {
    "linear": {"weight": 0.4},
    "slerp": {},
    "task_arithmetic": {"weight": 0.4},
    "ties": {"weight": 0.4, **SPARSE},
    "dare_linear": {"weight": 0.4, **SPARSE},
    "dare_ties": {"weight": 0.4, **SPARSE},
    "della": {"weight": 0.4, **SPARSE},
    "breadcrumbs_ties": {"weight": 0.4, **SPARSE},
    "model_stock": {},
    "sce": {},
    "karcher": {},
    "passthrough": {},
}
"""The parameters of each model, by method."""
SETTINGS = {"slerp": {"t": 0.4}, "sce": {"select_topk": 0.5}}
LISTED = {"passthrough": 1, "slerp": 1}
BASELESS = ("linear", "karcher", "passthrough")
PLAIN_PASSES = 2
TURNS = 3
"""How often the others run beside one run of mergekit."""
SETTLE_SECONDS = 1.0
PEER_OPTIONS = ("--lazy-unpickle", "--async-write", "--quiet", "-j", "2")
"""The fastest of mergekit's own options on two processors."""


def models(method: str, folder: Path) -> tuple[list[Path], Path | None]:
    """The models that the recipe of `method` merges, and its base."""
    listed = [folder / name for name in FINE_TUNES[: LISTED.get(method, len(FINE_TUNES))]]
    return listed, None if method in BASELESS else folder / "base"


def recipe(method: str, folder: Path) -> str:
    """The recipe of `method` over the checkpoints in `folder`."""
    listed, base = models(method, folder)
    entries = [{"model": str(each), "parameters": MODELS[method]} for each in listed]
    if method == "slerp":
        entries.insert(0, {"model": str(base)})
    document = {"merge_method": method, "models": entries, "dtype": "bfloat16"}
    if base:
        document["base_model"] = str(base)
    if method in SETTINGS:
        document["parameters"] = SETTINGS[method]
    return yaml.safe_dump(document)


def plain_loop(files: list[Path], out: Path) -> float:
    """Seconds to read all of `files` once and write one of them."""
    settle()
    started = time.perf_counter()
    buffer = memoryview(bytearray(1 << 22))
    with out.open("wb", buffering=0) as sink:
        for index, path in enumerate(files):
            with path.open("rb", buffering=0) as source:
                while count := source.readinto(buffer):
                    if index == 0:
                        sink.write(buffer[:count])
    seconds = time.perf_counter() - started
    out.unlink()
    return seconds


Round = dict[str, list[Measured]]


def one_round(
    method: str, folder: Path, peer: Path | None, work: Path, turns: int = TURNS
) -> Round:
    """Each contestant on `method`: mergekit, which takes longest, once, the others in turn."""
    text = work / "recipe.yml"
    text.write_text(recipe(method, folder))
    listed, base = models(method, folder)
    files = [each / "model.safetensors" for each in (*listed, *([base] if base else []))]
    ours = [Path(sys.prefix) / "bin" / "mergehub", "merge", text]
    results: Round = {}
    for turn in range(turns):
        results.setdefault("ours", []).append(_timed(ours, work, "--no-sync"))
        results.setdefault("durable", []).append(_timed(ours, work))
        if peer is not None and turn == 0:
            results["mergekit"] = [_timed([peer, text], work, *PEER_OPTIONS)]
        for _ in range(PLAIN_PASSES):
            seconds = plain_loop(files, work / "plain")
            results.setdefault("plain", []).append(Measured(seconds, seconds, 0, 0))
    return results


def _timed(command: list[str | Path], work: Path, *flags: str) -> Measured:
    out = work / "out"
    settle()
    try:
        return measure([*command, out, *flags])
    finally:
        shutil.rmtree(out, ignore_errors=True)


def settle() -> None:
    """Make each start equal: nothing left to write, and no memory that another has warmed."""
    os.sync()
    time.sleep(SETTLE_SECONDS)


COLUMNS = (
    "method", "wall s", "CPU s", "MB", "moved GB", "mergekit s", "CPU s", "MB", "faster",
    "limit s", "x limit", "durable s",
)  # fmt: skip


def row(method: str, rounds: list[Round]) -> list[str]:
    """The medians of a method's rounds, and the fastest plain loop, in the order of COLUMNS."""
    every = {name: [each for one in rounds for each in one[name]] for name in rounds[0]}
    wall = {name: statistics.median(each.wall for each in all_) for name, all_ in every.items()}
    cpu = {name: statistics.median(each.cpu for each in all_) for name, all_ in every.items()}
    memory = {name: max(each.anonymous for each in all_) / 1e6 for name, all_ in every.items()}
    limit = min(each.wall for each in every["plain"])
    moved = max(each.moved for each in every["ours"]) / 1e9
    peer = ["", "", "", ""]
    if "mergekit" in wall:
        times = f"{wall['mergekit'] / wall['ours']:.1f}"
        peer = [f"{wall['mergekit']:.2f}", f"{cpu['mergekit']:.1f}", f"{memory['mergekit']:.0f}"]
        peer.append(times)
    return [
        method,
        f"{wall['ours']:.2f}",
        f"{cpu['ours']:.2f}",
        f"{memory['ours']:.0f}",
        f"{moved:.1f}",
        *peer,
        f"{limit:.2f}",
        f"{wall['ours'] / limit:.1f}",
        f"{wall['durable']:.2f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", choices=SIZES, default="0.5b")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--methods", default=",".join(MODELS))
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    folder = build(CACHE, options.size)
    peer = None if options.no_peer else mergekit(CACHE)
    os.environ["XDG_CACHE_HOME"] = str(CACHE / "xdg")
    print(f"## {options.size}, {len(os.sched_getaffinity(0))} processors, medians\n")
    print(f"| {' | '.join(COLUMNS)} |\n{'| --- ' * len(COLUMNS)}|", flush=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        for method in options.methods.split(","):
            # This warms compiled code, digests of inputs and the page cache.
            one_round(method, folder, None, Path(work), turns=1)
            rounds = [one_round(method, folder, peer, Path(work)) for _ in range(options.rounds)]
            print(f"| {' | '.join(row(method, rounds))} |", flush=True)


if __name__ == "__main__":
    main()
