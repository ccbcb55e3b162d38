"""Root file systems in layers, and processes in them: overlays, chroot and namespaces of Linux."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


@dataclass(frozen=True)
class Root:
    """A mounted root file system, and the layers that it consists of, the newest first."""

    path: Path
    layers: tuple[Path, ...]

    def chroot(self, user: str, workdir: str, command: Sequence[str]) -> list[str]:
        """The command line that runs `command` in this root as `user`, a number or `n:n`."""
        uid, _, gid = user.partition(":")
        return [
            "chroot", f"--userspec={uid}:{gid or uid}", "--groups=", str(self.path),
            "/usr/bin/env", "-C", workdir, *command,
        ]  # fmt: skip


def mount_root(folder: Path, layers: Sequence[Path]) -> Root:
    """Mount an overlay over `layers` whose changes go to `folder`/upper."""
    upper, work, path = folder / "upper", folder / "work", folder / "root"
    for each in (upper, work, path):
        each.mkdir(parents=True)
    lower = ":".join(str(layer) for layer in layers)
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    mount("-t", "overlay", "overlay", "-o", options, path)
    return Root(path, (upper, *layers))


def mount(*arguments: str | Path) -> None:
    """Raises CalledProcessError; the program says why on standard error."""
    subprocess.run(["mount", *arguments], check=True)


def unmount(path: Path) -> None:
    """Unmount what is mounted at a path and below. Raises CalledProcessError."""
    subprocess.run(["umount", "--recursive", path], check=True)


@contextmanager
def mounted(*mounts: tuple[Sequence[str | Path], Path]) -> Iterator[None]:
    """Mount things (arguments and target), making the targets, while the block lasts."""
    done: list[Path] = []
    try:
        for arguments, target in mounts:
            is_file = Path(arguments[-1]).is_absolute() and not Path(arguments[-1]).is_dir()
            if is_file:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.touch()
            else:
                target.mkdir(parents=True, exist_ok=True)
            mount(*arguments, target)
            done.append(target)
        yield
    finally:
        for target in reversed(done):
            unmount(target)


def system(path: Path) -> list[tuple[Sequence[str | Path], Path]]:
    """The mounts that every process expects: /proc and a few devices."""
    devices = [
        (("--bind", Path("/dev") / name), path / "dev" / name) for name in DEVICES
    ]  # fmt: skip
    return [(("-t", "proc", "proc"), path / "proc"), *devices]


def separate() -> None:
    """Run this program again in mount and process namespaces of its own, unless it is there.

    All mounts and processes vanish at its end, even if it is killed.
    """
    if os.environ.get("MERGEHUB_IMAGES_INSIDE"):
        return
    namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    environment = os.environ | {"MERGEHUB_IMAGES_INSIDE": "1"}
    os.execvpe("unshare", ["unshare", *namespaces, *_this_program()], environment)


def _this_program() -> list[str]:
    return Path("/proc/self/cmdline").read_text(encoding="utf-8").split("\0")[:-1]


def run_in(root: Root, command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command line that `chroot` gave, to its end; returns its exit status."""
    return subprocess.run(list(command), env=dict(environment), check=False).returncode
