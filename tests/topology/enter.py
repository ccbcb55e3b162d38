"""The first process of a container: mounts what it needs, then becomes the service's program.

`python enter.py SPEC`, in new namespaces of mounts and processes. The root is an overlay over this
machine's, so the programs find their libraries; what the program writes is in memory or a volume.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

from tools.images.roots import mount, mount_root, mounted, system


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    socket.sethostname(spec["name"])
    state = Path(spec["state"])
    mount("-t", "tmpfs", "tmpfs", state)
    root = mount_root(state / "layers", [Path("/")]).path
    _lay_out(root, spec)
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root / "dev")
    mounts = [*system(root), *_mounts(root, spec)]
    with mounted(*mounts):
        for _, target, read_only in spec["volumes"]:
            if read_only:
                mount("-o", "remount,bind,ro", _inside(root, target))
        if spec["read_only"]:
            mount("-o", "remount,ro", root)
        os.chroot(root)
        os.chdir("/")
        os.execvpe("setpriv", [*_drop(spec), *spec["line"]], spec["environment"])


def _lay_out(root: Path, spec: dict[str, Any]) -> None:
    """The files that an engine writes, links to the programs, and a way in for the user."""
    uid, gid = spec["user"]
    (root / "etc/hosts").write_text(spec["hosts"], encoding="utf-8")
    with (root / "etc/passwd").open("a", encoding="utf-8") as passwd:
        passwd.write(f"service:x:{uid}:{gid}::/:/bin/sh\n")
    for place, target in spec["links"].items():
        link = _inside(root, place)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    for entry in spec["open"]:
        for folder in [Path(entry), *Path(entry).parents]:
            inside = root / folder.relative_to("/")
            inside.chmod(inside.stat().st_mode | 0o555)


def _mounts(root: Path, spec: dict[str, Any]) -> list[tuple[list[str | Path], Path]]:
    found: list[tuple[list[str | Path], Path]] = [
        (["-t", "tmpfs", "tmpfs"], root / "run/secrets"),
        (["-t", "tmpfs", "-o", "mode=1777", "tmpfs"], root / "dev/shm"),
    ]
    for place in spec["tmpfs"]:
        target, _, options = place.partition(":")
        found.append((["-t", "tmpfs", "-o", options, "tmpfs"], _inside(root, target)))
    for source, target, _ in [*spec["volumes"], *spec["secrets"]]:
        found.append((["--bind", Path(source)], _inside(root, target)))
    return found


def _inside(root: Path, place: str) -> Path:
    """A place below the root, with the links of its folders (such as /var/run) followed there."""
    path = Path(place)
    return root / path.parent.resolve().relative_to("/") / path.name


def _drop(spec: dict[str, Any]) -> list[str]:
    """The command that gives up root and all capabilities that the file does not add."""
    uid, gid = spec["user"]
    kept = [f"+{name.lower()}" for name in spec["cap_add"]]
    return [
        "setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs",
        f"--bounding-set={','.join(['-all', *kept])}", "--",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
