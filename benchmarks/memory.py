"""What a merge of one tensor of 1 GB takes: time and peak anonymous memory, for each method.

python benchmarks/memory.py [--methods ties,della]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from checkpoints import one_tensor
from measure import measure
from merge import MODELS, recipe

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
