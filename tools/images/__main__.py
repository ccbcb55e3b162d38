"""Builds all images, or some, without a container engine; starts each and reads its SBOM.

python -m tools.images                         # all, with the lists of their packages
python -m tools.images registry worker:cuda    # some; a target follows the colon
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.images.base import make_base
from tools.images.build import Build, StepFailed
from tools.images.dockerfile import read
from tools.images.registry import registry
from tools.images.report import Row, megabytes, table
from tools.images.roots import separate
from tools.images.sbom import compare, copy_sbom, read_sbom, shipped
from tools.images.start import Stores, tried

ROOT = Path(__file__).parents[2]
WORK = ROOT / ".cache" / "images"
DOCKERFILES = {
    "registry": "services/registry/Dockerfile",
    "lineage": "services/lineage/Dockerfile",
    "leaderboard": "services/leaderboard/Dockerfile",
    "worker": "services/merge-worker/Dockerfile",
    "backup": "deploy/backup/Dockerfile",
}
SBOM, CUDA = "sbom", "cuda"
"""In the names of targets that list packages, and of those with CUDA."""


def main() -> int:
    options = _options()
    separate()
    given = dict(each.partition("=")[::2] for each in options.build_arg)
    if "UV_FIND_LINKS" in registry().environment:  # they may hold torch, as for scripts/setup
        given = {"TORCH_BACKEND": "", "TORCH_CUDA": ""} | given
    base, rows, failed = make_base(options.folder / "base"), [], False
    with Stores(options.folder / "stores") as stores:
        for (name, links), targets in _groups(options.image, given).items():
            try:
                with Build(ROOT, base, options.folder / name, registry(links), given) as build:
                    rows.append(_made(build, name, targets, stores, options.folder / "sbom"))
            except (StepFailed, ValueError) as failure:
                print(f"{name}: {failure}", file=sys.stderr, flush=True)
                failed = True
    print(table(rows))
    return int(failed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.images", description=__doc__)
    parser.add_argument("image", nargs="*", help=f"one of {', '.join(DOCKERFILES)}, with :target")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--folder", type=Path, default=WORK, help="where to build; it keeps the SBOMs"
    )
    return parser.parse_args()


def _groups(asked: Iterable[str], given: Mapping[str, str]) -> dict[tuple[str, bool], list[str]]:
    """The targets by their Dockerfile and by whether folders of links are for them.

    With CUDA they are not, since they may hold a build of torch without it.
    """
    groups: dict[tuple[str, bool], list[str]] = {}
    for name, colon, target in (each.partition(":") for each in asked or DOCKERFILES):
        targets = read(ROOT / DOCKERFILES[name], given).targets()
        for each in [target] if colon else targets:
            groups.setdefault((name, CUDA not in each), []).append(each)
    return groups


def _made(build: Build, name: str, targets: Iterable[str], stores: Stores, kept: Path) -> Row:
    """Build a program, the list of its packages, which is kept, or both, and try them."""
    began = time.monotonic()
    dockerfile = read(ROOT / DOCKERFILES[name], build.given)
    images = {target: build.target(dockerfile, target) for target in targets}
    row = Row(name, ", ".join(images), seconds=time.monotonic() - began)
    listed: dict[str, str] = {}
    for target, image in images.items():
        if target.startswith(SBOM):
            kept.mkdir(exist_ok=True)
            listed = read_sbom(copy_sbom(image.root.path, kept), build.roots())
            row.packages = len(listed)
    for target, image in images.items():
        if not target.startswith(SBOM):
            row.target, row.megabytes = target, megabytes(image)
            row.times = tried(image, stores)
            compare(listed, shipped(image.root.path))
    return row


if __name__ == "__main__":
    sys.exit(main())
