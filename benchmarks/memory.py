"""Measure time and peak anonymous memory of a merge of one tensor of 1 GB, for each method.

python -m benchmarks.memory [--methods ties,della]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.checkpoints import one_tensor
from benchmarks.measure import measure
from benchmarks.merge import MODELS, recipe

CACHE = Path(__file__).parents[1] / ".cache" / "bench"
ELEMENTS = 1 << 29
"""In bfloat16, 1 GiB."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--methods", default=",".join(MODELS))
    methods = parser.parse_args().methods.split(",")
    folder = CACHE / "1gb-tensor"
    if not (folder / "c" / "model.safetensors").exists():
        one_tensor(folder, ELEMENTS)
    os.environ["XDG_CACHE_HOME"] = str(CACHE / "xdg")
    print("| method | wall s | CPU s | peak anonymous MB |\n| --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        text, out = Path(work, "recipe.yml"), Path(work, "out")
        for method in methods:
            text.write_text(recipe(method, folder))
            command = [Path(sys.prefix) / "bin" / "mergehub", "merge", text, out, "--no-sync"]
            found = measure(command)
            shutil.rmtree(out)
            memory = found.anonymous / 1e6
            print(f"| {method} | {found.wall:.1f} | {found.cpu:.1f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
