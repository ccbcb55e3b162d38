"""The script that makes the secrets of the Compose file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from topology.compose import document
from topology.secret_files import MAKE_SECRETS, made

from mergehub.attestation.keys import public_keys, signing_key
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings


@pytest.mark.process
def test_the_script_makes_every_secret_once_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = made(folder)
    named: dict[str, Any] = document()["secrets"]
    assert first.keys() == named.keys()
    assert {Path(each["file"]).name for each in named.values()} == named.keys()
    assert folder.stat().st_mode & 0o077 == 0
    assert made(folder) == first
    assert len(set(first.values())) == len(first)
    ServiceSettings(
        database_url=first["database_url"].decode(),
        bootstrap_token=first["owner_token"].decode(),
        worker_token=first["worker_token"].decode(),
        service_token=first["service_token"].decode(),
        secrets_keys=json.loads(first["secrets_keys"]),
        signing_public_keys=first["signing_public_keys"].decode(),
    )
    worker = WorkerSettings(
        worker_token=first["worker_token"].decode(), signing_key=first["signing_key"].decode()
    )
    assert worker.signing_key is not None
    signer = signing_key(worker.signing_key.get_secret_value())
    assert public_keys(first["signing_public_keys"].decode()) == [signer.public]


@pytest.mark.process
@pytest.mark.parametrize(
    ("renewed", "with_it"),
    [
        ("worker_token", set()),
        ("postgres_password", {"database_url"}),
        ("s3_access_key", {"s3.json"}),
        ("s3_secret_key", {"s3.json"}),
        ("signing_key", {"signing_public_keys"}),
    ],
)
def test_a_renewed_secret_is_renewed_where_it_is_contained_and_nothing_else_is(
    tmp_path: Path, renewed: str, with_it: set[str]
) -> None:
    first = made(tmp_path / "secrets")
    (tmp_path / "secrets" / renewed).unlink()
    second = made(tmp_path / "secrets")
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {renewed} | with_it
    assert second.keys() == first.keys()
    for name in with_it - {"signing_public_keys"}:
        assert second[renewed] in second[name]
    if "signing_public_keys" in with_it:
        new, old = (public_keys(each["signing_public_keys"].decode()) for each in (second, first))
        assert new[1:] == old
        assert new[0] == signing_key(second["signing_key"].decode()).public


@pytest.mark.process
def test_a_file_made_by_hand_stays_and_a_warning_names_it_and_the_secret(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "database_url").unlink()
    (tmp_path / "database_url").write_text("postgresql://hub@db.example.org/hub")
    again = subprocess.run([MAKE_SECRETS, tmp_path], check=True, capture_output=True, text=True)
    assert "database_url does not contain postgres_password" in again.stderr
    assert (tmp_path / "database_url").read_text() == "postgresql://hub@db.example.org/hub"
    assert again.stdout == f"all secrets exist in {tmp_path}\n"


@pytest.mark.process
def test_the_script_explains_itself_and_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [MAKE_SECRETS, *arguments], cwd=tmp_path, check=False, capture_output=True, text=True
        )

    assert run("--help").stdout.startswith("Usage: make-secrets [FOLDER]")
    for wrong in (["--renew"], ["one", "two"]):
        refused = run(*wrong)
        assert refused.returncode == 2
        assert "make-secrets --help" in refused.stderr
    assert list(tmp_path.iterdir()) == []
