"""The stand-in for a Python base image: Debian's essential packages and this machine's Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

WANTED = {"apt", "ca-certificates", "netbase", "tzdata"}  # beside the essential packages
LIBRARIES = {  # that Python's modules need; as in the official images
    "libbz2-1.0", "libdb5.3", "libexpat1", "libffi8", "liblzma5", "libncursesw6", "libreadline8",
    "libsqlite3-0", "libssl3", "libtinfo6", "libuuid1", "zlib1g",
}  # fmt: skip
FOLDERS = ("tmp", "proc", "dev", "sys", "run", "root", "home", "opt", "srv", "mnt", "var/tmp")
LINKS = ("bin", "lib", "lib64", "sbin")  # to the same folder below /usr
SETTINGS = (  # below /etc: copies, since nothing may write to this machine's own
    "ssl", "ca-certificates", "ld.so.conf", "ld.so.conf.d", "passwd", "group", "nsswitch.conf",
    "resolv.conf", "alternatives", "apt",
)  # fmt: skip
LEFT_OUT = re.compile(r"/(etc|var)/|/usr/share/(doc|man|locale|info|lintian)/")


def make_base(folder: Path) -> Path:
    """Make the base in `folder`, by hard links where the disk allows it; returns it."""
    if folder.exists():
        shutil.rmtree(folder)
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    (folder / "tmp").chmod(0o1777)
    for name in LINKS:
        (folder / "usr" / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(f"usr/{name}")
    for path in sorted(_files()):
        _link(path, folder / path.relative_to("/"))
    for name in SETTINGS:
        source, target = Path("/etc") / name, folder / "etc" / name
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        elif source.exists():
            target.parent.mkdir(exist_ok=True)
            shutil.copy2(source, target)
    _python(folder / "usr/local")
    subprocess.run(["chroot", folder, "ldconfig"], check=True)
    return folder


def _packages() -> set[str]:
    """The essential packages and the wanted ones that are installed, with all they depend on."""
    form = "${Package}\t${Essential}\t${Pre-Depends}, ${Depends}\n"
    told = subprocess.run(
        ["dpkg-query", "--show", f"--showformat={form}"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    rows = [line.split("\t") for line in told]
    needs = {name: set(re.findall(r"[a-z0-9][a-z0-9+.-]+", text)) for name, _, text in rows}
    found: set[str] = set()
    due = {name for name, essential, _ in rows if essential == "yes"} | WANTED | LIBRARIES
    while due := due & needs.keys() - found:
        found |= due
        due = set().union(*(needs[name] for name in due))
    return found


def _files() -> Iterator[Path]:
    listed = subprocess.run(
        ["dpkg-query", "--listfiles", *sorted(_packages())],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for line in listed:
        path = Path(line)
        if line.startswith("/") and not LEFT_OUT.match(line):
            real = path.parent.resolve() / path.name
            if real.is_symlink() or real.is_file():
                yield real


def _python(target: Path) -> None:
    """This Python's own prefix at /usr/local, with pip and setuptools only, as in the images."""
    prefix = Path(sys.base_prefix)
    for folder, names, files in os.walk(prefix):
        within = Path(folder).relative_to(prefix)
        if within.name == "site-packages":
            names[:] = [name for name in names if name.startswith(("pip", "setuptools"))]
        names[:] = [name for name in names if name not in ("test", "__pycache__")]
        for name in files:
            if within != Path() and within.name != "site-packages":
                _link(Path(folder) / name, target / within / name)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink() or target.exists():
        return
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    try:
        os.link(source, target)
    except OSError:  # on another disk
        shutil.copy2(source, target)
