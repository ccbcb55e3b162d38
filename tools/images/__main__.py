"""Builds all images, or one, without a container engine, then starts each and probes its health.

python -m tools.images                         # all
python -m tools.images registry worker:cuda    # some; a target follows the colon
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.images.base import make_base
from tools.images.build import Build, Image, StepFailed
from tools.images.dockerfile import read
from tools.images.registry import registry
from tools.images.roots import separate
from tools.images.start import Stores, probed

ROOT = Path(__file__).parents[2]
WORK = ROOT / ".cache" / "images"
DOCKERFILES = {
    "registry": "services/registry/Dockerfile",
    "lineage": "services/lineage/Dockerfile",
    "leaderboard": "services/leaderboard/Dockerfile",
    "worker": "services/merge-worker/Dockerfile",
    "backup": "deploy/backup/Dockerfile",
}


def main() -> int:
    options = _options()
    separate()
    base, here = make_base(WORK / "base"), registry()
    given = dict(each.partition("=")[::2] for each in options.build_arg)
    if "UV_FIND_LINKS" in here.environment:  # as in scripts/setup: it may hold a build of torch
        given = {"TORCH_BACKEND": "", "TORCH_CUDA": ""} | given
    wanted = options.image or [*DOCKERFILES, *(f"{name}:sbom" for name in DOCKERFILES)]
    with Stores(WORK / "stores") as stores:
        for each in wanted:
            name, _, target = each.partition(":")
            began = time.monotonic()
            try:
                image = _build(Build(ROOT, base, _emptied(each), here), name, target or None, given)
                print(f"{each}: {_size(image)} MB over its base, {time.monotonic() - began:.0f} s")
                if image.healthcheck:
                    print(f"{each}: {probed(image, stores)}", flush=True)
            except StepFailed as failure:
                print(f"{each}: {failure}", file=sys.stderr)
                return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.images", description=__doc__)
    parser.add_argument("image", nargs="*", help=f"one of {', '.join(DOCKERFILES)}, with :target")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    return parser.parse_args()


def _build(build: Build, name: str, target: str | None, given: dict[str, str]) -> Image:
    return build.target(read(ROOT / DOCKERFILES[name], given), target, given)


def _emptied(name: str) -> Path:
    folder = WORK / name.replace(":", "-")
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _size(image: Image) -> int:
    """Megabytes of the layers above the base."""
    layers = [str(layer) for layer in image.root.layers[:-1]]
    told = subprocess.run(["du", "-scm", *layers], capture_output=True, text=True, check=True)
    return int(told.stdout.split()[-2])


if __name__ == "__main__":
    sys.exit(main())
