"""Measure the time to help, to the plan of a 70B merge, to the first merged byte and to a hub.

python -m benchmarks.startup [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import yaml

from benchmarks.checkpoints import FINE_TUNES, LLAMA_70B, build, headers_only

CACHE = Path(__file__).parents[1] / ".cache" / "bench"
MERGEHUB = Path(sys.prefix) / "bin" / "mergehub"
SHARDS = 30
PARTS = {
    "mergehub.hub.serve": "services", "merge_worker": "worker",
    "postgres": "PostgreSQL", "valkey": "Valkey",
}  # fmt: skip
"""The parts of a hub, by a word of their command lines."""


def seconds(command: list[str | Path]) -> float:
    """Wall time of a command that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def first_byte(command: list[str | Path], out: Path) -> float:
    """Seconds from the command to the first line of its journal that records written bytes."""
    journal = out.with_name(f"{out.name}.partial") / "journal.jsonl"
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (journal.is_file() and journal.read_bytes().count(b"\n") > 1):
        if process.poll() is not None:
            break
        time.sleep(0.002)
    elapsed = time.perf_counter() - started
    if process.wait() != 0:
        raise RuntimeError(f"{command} failed")
    shutil.rmtree(out)
    return elapsed


def hub(data: Path) -> tuple[float, dict[str, float]]:
    """Wall time until `mergehub up` is ready, and the processor seconds of each part until then."""
    started = time.perf_counter()
    command = [MERGEHUB, "up", "--json", "--data", data, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        ready = child.stdout.readline()
        elapsed = time.perf_counter() - started
        if not ready:
            raise RuntimeError(f"{command} failed")
        used = _used(psutil.Process(child.pid))
        child.terminate()
    return elapsed, used


def _used(up: psutil.Process) -> dict[str, float]:
    """Processor seconds so far: of `mergehub up` and of each of its children, with theirs."""
    used = {"up and initdb": sum(up.cpu_times()[:4])}
    for part in up.children():
        words = " ".join(part.cmdline())
        name = next((name for word, name in PARTS.items() if word in words), "others")
        family = [part, *part.children(recursive=True)]
        used[name] = used.get(name, 0) + sum(sum(each.cpu_times()[:4]) for each in family)
    return used


def recipe(path: Path, folder: Path) -> Path:
    """A recipe of a base and three fine-tunes."""
    models = [{"model": str(folder / name), "parameters": {"density": 0.5}} for name in FINE_TUNES]
    document = {"merge_method": "ties", "base_model": str(folder / "base"), "models": models}
    path.write_text(yaml.safe_dump(document))
    return path


def hubs(rounds: int, tell: Callable[[str, list[float]], None]) -> None:
    """Starts over a new folder, and again over the same."""
    starts: dict[str, list[tuple[float, dict[str, float]]]] = {"a new folder": [], "the same": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="mh-") as place:  # short: it holds Unix sockets
            for what in starts:
                starts[what].append(hub(Path(place) / "hub"))
    for what, measured in starts.items():
        tell(f"mergehub up, {what}", [wall for wall, _ in measured])
        least = min((used for _, used in measured), key=lambda used: sum(used.values()))
        parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in least.items())
        print(f"  processor seconds, the least: {sum(least.values()):.2f} ({parts})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only-hub", action="store_true", help="measure `mergehub up` alone")
    asked = parser.parse_args()
    rounds = asked.rounds

    def tell(what: str, times: list[float]) -> None:
        print(f"{what:44} {statistics.median(times):6.2f} s (slowest {max(times):.2f})")

    hubs(rounds, tell)
    if asked.only_hub:
        return
    small = build(CACHE, "0.5b")
    os.environ["XDG_CACHE_HOME"] = str(CACHE / "xdg")
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        work = Path(folder)
        for name in ("base", *FINE_TUNES):
            headers_only(work / "70b" / name, LLAMA_70B, SHARDS)
        large, text = recipe(work / "70b.yml", work / "70b"), recipe(work / "small.yml", small)
        merge = [MERGEHUB, "merge", text, work / "out", "--no-sync"]
        seconds(merge)  # from here on, compiled code and digests are cached
        shutil.rmtree(work / "out")
        tell("mergehub --help", [seconds([MERGEHUB, "--help"]) for _ in range(rounds)])
        plan = [MERGEHUB, "plan", large]
        tell("mergehub plan, TIES of four 70B models", [seconds(plan) for _ in range(rounds)])
        bytes_after = [first_byte(merge, work / "out") for _ in range(rounds)]
        tell("first bytes written, TIES of four 0.5B models", bytes_after)


if __name__ == "__main__":
    main()
