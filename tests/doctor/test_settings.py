"""`mergehub doctor` finds a whole deployment healthy, and each wrong setting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from doctor.asking import OWNER, WORKER, Environment, examined, findings, states
from mergehub.kit.settings.names import known

ROOT = Path(__file__).parents[2]


async def test_a_whole_deployment_is_healthy(deployed: Environment, tmp_path: Path) -> None:
    done = await examined(deployed, tmp_path)
    assert done.exit_code == 0, done.output
    lines = [re.split(r" {2,}", line) for line in done.stdout.splitlines()]
    assert [(state, check) for state, check, _ in lines] == [
        ("ok", "settings"),
        ("ok", "database"),
        ("ok", "clock"),
        ("ok", "migrations"),
        ("ok", "migrations"),
        ("ok", "migrations"),
        ("ok", "redis"),
        ("ok", "hub"),
        ("ok", "clock"),
        ("ok", "tokens"),
        ("ok", "tokens"),
        ("ok", "folders"),
        ("ok", "folders"),
        ("ok", "folders"),
    ]
    for secret in (OWNER, WORKER):
        assert secret not in done.output


async def test_each_setting_that_is_wrong_is_named_with_what_is_right(
    deployed: Environment, tmp_path: Path
) -> None:
    wrong = {
        "MERGEHUB_EVENTS_DAYS": "abc",
        "MERGEHUB_REQUIRE_TOKN": "true",
        "MERGEHUB_SECRETS_KEY_FILE": "/run/secrets/keys",
        "MERGEHUB_SERVICE_TOKEN_FILE": str(tmp_path / "missing"),
        "MERGEHUB_ZOO": "1",
        "MERGEHUB_REGISTRY_SERVICE_HOST": "10.0.0.1",
        "MERGEHUB_REGISTRY_SERVICE_PORT": "8000",
        "MERGEHUB_REGISTRY_PORT_8000_TCP_ADDR": "10.0.0.1",
    }
    told = (await findings({**deployed, **wrong}, tmp_path))["settings"]
    missing = f"MERGEHUB_SERVICE_TOKEN_FILE names {tmp_path / 'missing'}, which cannot be read: "
    unknown = "is not a variable of Mergehub."
    assert [tuple(each.values()) for each in told] == [
        ("failed", f"{missing}No such file or directory.", ""),
        (
            "failed",
            "MERGEHUB_EVENTS_DAYS cannot be read: it should be a valid integer.",
            "Write it as in MERGEHUB_EVENTS_DAYS=90.",
        ),
        ("failed", f"MERGEHUB_REQUIRE_TOKN {unknown}", "Write MERGEHUB_REQUIRE_TOKEN."),
        ("failed", f"MERGEHUB_SECRETS_KEY_FILE {unknown}", "Write MERGEHUB_SECRETS_KEYS_FILE."),
        (
            "warning",
            "No program of this release reads MERGEHUB_ZOO.",
            "Remove it, or look its name up in shared/README.md (services and shells), "
            "services/registry/README.md or services/merge-worker/README.md.",
        ),
    ]


@pytest.mark.parametrize("readme", ["shared", *sorted(f"services/{each}" for each in (
    "registry", "lineage", "leaderboard", "merge-worker"))])  # fmt: skip
def test_every_variable_of_the_documentation_is_known(readme: str) -> None:
    text = (ROOT / readme / "README.md").read_text()
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| `MERGEHUB_")]
    named = {name for row in rows for name in re.findall(r"`(MERGEHUB_\w+)`", row)}
    assert named
    assert named <= known()


async def test_variables_are_counted_in_good_english(tmp_path: Path) -> None:
    for given, found in (
        ({}, "no variable of Mergehub is set"),
        ({"MERGEHUB_LOG_LEVEL": "info"}, "1 variable is set, known and readable"),
        (
            {"MERGEHUB_LOG_LEVEL": "info", "MERGEHUB_RUNS": "1"},
            "2 variables are set, all known and readable",
        ),
    ):
        (told,) = (await findings(given, tmp_path))["settings"]
        assert told["found"] == found


async def test_the_defaults_of_a_worker_are_examined(
    deployed: Environment,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("MERGEHUB_WORKER_TOKEN", "MERGEHUB_HUB_URL")
    found = await findings({name: deployed[name] for name in names}, tmp_path)
    (told,) = found["redis"]
    assert "localhost:6379" in told["found"]
    assert [each["found"].partition(", ")[0] for each in found["folders"]] == [
        f"MERGEHUB_ARTIFACTS {tmp_path / 'artifacts'}: will be made in {tmp_path}",
        f"MERGEHUB_SCRATCH {tmp_path / 'scratch'}: will be made in {tmp_path}",
    ]
    given = {name: deployed[name] for name in names} | {"MERGEHUB_REDIS_URL": redis_url}
    assert states(await findings(given, tmp_path))["redis"] == ["ok"]
