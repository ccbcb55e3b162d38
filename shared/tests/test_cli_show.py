"""`mergehub show` of a run: what it verifies, and where its model is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from scripted import Reply, body, refuse, scripted

from mergehub.cli.main import main
from mergehub.contracts.examples import RUN, RUN_ID

OTHER = "0b9d4c9e-0000-4000-8000-000000000001"


def shown(run: dict[str, Any], *replies: Reply) -> dict[str, str]:
    """The rows that the command prints of a run."""
    with scripted(body({"items": []}), body(run), *replies) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "show", run["id"]])
    assert done.exit_code == 0, done.output
    return dict(line.split(maxsplit=1) for line in done.stdout.split("\n\n")[0].splitlines())


def test_a_model_of_this_machines_hub_is_shown_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERGEHUB_DATA", str(tmp_path))
    assert "folder" not in shown(RUN)
    folder = tmp_path / "artifacts" / "runs" / RUN_ID
    folder.mkdir(parents=True)
    assert shown(RUN)["folder"] == str(folder)
    assert "folder" not in shown({**RUN, "id": OTHER})


def test_a_run_that_waits_says_what_for() -> None:
    reason = "No gpu worker is registered: the run waits until one registers."
    queued = {**RUN, "state": "queued", "worker": None}
    assert shown(queued, body({"reasons": [reason]}))["waits"] == f"for  {reason}"
    assert "waits" not in shown(queued, body({"reasons": []}))
    assert "waits" not in shown(queued, refuse(404)), "a hub that does not know the question"
    assert "waits" not in shown(RUN)


def test_a_verification_names_the_run_that_it_verifies() -> None:
    machine = {"system": "Linux", "architecture": "x86_64", "processor": "p", "threads": 2}
    made = {"engine_version": "5", "versions": {}, "device": "cpu", "machine": machine}
    spec = {
        "kind": "verify", "run": OTHER, "recipe": "", "recipe_version": None, "seed": 0,
        "recipe_digest": "sha256:" + "0" * 64, "output_digest": "sha256:" + "0" * 64,
        "model_name": "me/soup", "made": made, "independent": False, "lock": None,
        "manifest": None,
    }  # fmt: skip
    assert shown({**RUN, "kind": "verify", "spec": spec})["verifies"] == OTHER
    assert "verifies" not in shown(RUN)
