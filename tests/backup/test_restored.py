"""A hub that was restored elsewhere has all that had come to rest, item by item."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from running import RunningHub

from backup.first_hub import (
    Story,
    facts,
    merge,
)
from mergehub.client import HubClient, api

pytestmark = [pytest.mark.timeout(600), pytest.mark.process]


def test_what_had_come_to_rest_is_the_same_after_a_restore(again: RunningHub, story: Story) -> None:
    with again.client() as client:
        found = facts(client)
    for name, fact in story.facts.items():
        assert found[name] == fact, name


def test_every_run_acknowledged_before_the_backup_began_is_in_it(
    again: RunningHub, story: Story
) -> None:
    with again.client() as client:
        runs = {str(each["id"]) for each in client.hub.pages(api.list_runs(limit=200))}
        assert story.acknowledged <= runs
        for run, result in story.results.items():
            assert client.run(UUID(run)).result == result


def test_every_run_that_succeeded_has_its_model_byte_for_byte(
    again: RunningHub, story: Story
) -> None:
    with again.client() as client:
        runs = list(client.hub.pages(api.list_runs(limit=200)))
    succeeded = [r for r in runs if r["kind"] == "merge" and r["state"] == "succeeded"]
    assert len(succeeded) >= len(story.results)
    for run in succeeded:
        folder = f"artifacts/runs/{run['id']}"
        assert _contents(story.second / folder) == _contents(story.first / folder)
        assert (story.second / folder / "model.safetensors").exists()


def test_a_token_made_before_the_backup_is_still_good(again: RunningHub, story: Story) -> None:
    with HubClient(again.url, story.token) as client:
        assert client.submit(merge("by-token", 7)).state == "queued"


def test_the_audit_of_before_is_there_entry_by_entry(again: RunningHub, story: Story) -> None:
    with again.client() as client:
        entries = list(client.hub.pages(api.list_audit()))
    assert {"recipe.published", "token.created", "run.submitted"} <= {e["action"] for e in entries}
    assert entries[-len(story.audit) :] == story.audit


def test_secrets_lie_where_their_owner_alone_may_read_them(story: Story, place: Path) -> None:
    names = ("tokens.json", "secrets-keys.json", "signing-key.pem")
    secrets = [place / "hub.tar", *(story.second / name for name in names)]
    assert [path.stat().st_mode & 0o777 for path in secrets] == [0o600] * 4
    assert story.second.stat().st_mode & 0o777 == 0o700


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
