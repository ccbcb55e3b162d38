"""How soon things begin: help, the plan of a 70B merge, the first merged byte.

python benchmarks/startup.py [--rounds 5]
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
from pathlib import Path

import yaml
from checkpoints import FINE_TUNES, LLAMA_70B, build, headers_only

CACHE = Path(__file__).parents[1] / ".cache" / "bench"
MERGEHUB = Path(sys.prefix) / "bin" / "mergehub"
SHARDS = 30


def seconds(command: list[str | Path]) -> float:
    """Wall time of a command that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def first_byte(command: list[str | Path], out: Path) -> float:
    """Seconds from the command to the first line of its journal that tells of written bytes."""
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


def recipe(path: Path, folder: Path) -> Path:
    """A recipe of a base and three fine-tunes."""
    models = [{"model": str(folder / name), "parameters": {"density": 0.5}} for name in FINE_TUNES]
    document = {"merge_method": "ties", "base_model": str(folder / "base"), "models": models}
    path.write_text(yaml.safe_dump(document))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds

    def tell(what: str, times: list[float]) -> None:
        print(f"{what:44} {statistics.median(times):6.2f} s (slowest {max(times):.2f})")

    small = build(CACHE, "0.5b")
    os.environ["XDG_CACHE_HOME"] = str(CACHE / "xdg")
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        work = Path(folder)
        for name in ("base", *FINE_TUNES):
            headers_only(work / "70b" / name, LLAMA_70B, SHARDS)
        large, text = recipe(work / "70b.yml", work / "70b"), recipe(work / "small.yml", small)
        merge = [MERGEHUB, "merge", text, work / "out", "--no-sync"]
        seconds(merge)  # compiled code and digests are kept from here on
        shutil.rmtree(work / "out")
        tell("mergehub --help", [seconds([MERGEHUB, "--help"]) for _ in range(rounds)])
        plan = [MERGEHUB, "plan", large]
        tell("mergehub plan, TIES of four 70B models", [seconds(plan) for _ in range(rounds)])
        bytes_after = [first_byte(merge, work / "out") for _ in range(rounds)]
        tell("first bytes written, TIES of four 0.5B models", bytes_after)


if __name__ == "__main__":
    main()
