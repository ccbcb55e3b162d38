"""`mergehub doctor` finds a hub of `mergehub up` by its folder, and nothing wrong with it."""

from __future__ import annotations

import json
import os

from click.testing import CliRunner
from running import RunningHub

from mergehub.cli.main import main


def test_a_running_hub_is_healthy(hub: RunningHub) -> None:
    command = ["doctor", "--data", str(hub.data), "--json"]
    ours = {name: None for name in os.environ if name.startswith("MERGEHUB_")}
    done = CliRunner().invoke(main, command, env={**ours, "PATH": ""})  # no driver of a GPU
    told = json.loads(done.stdout)
    faults = [each for each in told["checks"] if each["state"] != "ok"]
    assert (done.exit_code, told["healthy"], faults) == (0, True, [])
    found = {each["check"]: each["found"] for each in told["checks"]}
    assert found["hub"].endswith(hub.url)
    assert found["tokens"] == "the hub accepts the owner's token"
