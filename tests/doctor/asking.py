"""What `mergehub doctor` says, in this process."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from mergehub.cli.main import main

OWNER, WORKER = "mgh_owner-whom-the-doctor-asks", "mgh_worker-whom-the-doctor-asks"
Environment = Mapping[str, str]
States = dict[str, list[str]]


async def examined(environment: Environment, folder: Path, *options: str) -> Result:
    """`mergehub doctor` with these variables, beside the loop that the registry runs in.

    `folder` is where it looks for data folders.
    """
    command = ["doctor", *options]
    ours = {name: None for name in os.environ if name.startswith("MERGEHUB_")}
    env = ours | {"PATH": "", "XDG_DATA_HOME": str(folder), **environment}  # no driver of a GPU
    return await asyncio.to_thread(CliRunner().invoke, main, command, env=env)


async def findings(
    environment: Environment, folder: Path, *options: str
) -> dict[str, list[dict[str, str]]]:
    """The findings of each check; the exit status must agree with them."""
    done = await examined(environment, folder, "--json", *options)
    told = json.loads(done.stdout)
    broken = any(each["state"] == "failed" for each in told["checks"])
    assert (done.exit_code, told["healthy"]) == (int(broken), not broken), done.output
    found: dict[str, list[dict[str, str]]] = {}
    for each in told["checks"]:
        found.setdefault(each.pop("check"), []).append(each)
    return found


def states(found: Mapping[str, list[dict[str, str]]]) -> States:
    return {check: [each["state"] for each in told] for check, told in found.items()}
