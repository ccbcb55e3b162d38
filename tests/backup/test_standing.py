"""A backup of a hub that stands: what it holds, what it leaves out, what it refuses."""

from __future__ import annotations

import asyncio
import json
import os
import tarfile
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backup.first_hub import (
    SCHEMAS,
    Story,
    mergehub,
)
from mergehub.hub.backup import restore, save
from mergehub.hub.postgres import Postgres

pytestmark = [pytest.mark.timeout(600), pytest.mark.process]


def test_a_hub_that_stands_is_restored_to_the_very_rows(story: Story, place: Path) -> None:
    saved = save(story.first, place / "still.tar")
    assert saved.bytes == (place / "still.tar").stat().st_size
    restore(place / "still.tar", place / "third")
    before, after = (asyncio.run(_rows(data)) for data in (story.first, place / "third"))
    assert before.keys() == after.keys()
    for table, rows in before.items():
        assert after[table] == rows, table
    assert sum(map(len, before.values())) > 100


def test_links_and_pipes_of_the_models_folder_are_left_out_and_named(
    story: Story, place: Path
) -> None:
    folder = story.first / "models"
    (folder / "mine").mkdir()
    (folder / "mine" / "config.json").write_text("{}")
    (folder / "elsewhere").symlink_to("/etc")
    (folder / "mine" / "secret").symlink_to("/etc/shadow")
    os.mkfifo(folder / "mine" / "pipe")
    saved = save(story.first, place / "with.tar")
    assert saved.left_out == ("models/elsewhere", "models/mine/pipe", "models/mine/secret")
    with tarfile.open(place / "with.tar") as tar:
        kept = [name for name in tar.getnames() if name.startswith("models/")]
    assert kept == ["models/mine/config.json"]
    assert (
        mergehub("backup", place / "without.tar", "--data", story.first, "--no-models").exit_code
        == 0
    )
    with tarfile.open(place / "without.tar") as tar:
        assert not [name for name in tar.getnames() if name.startswith("models/")]
    folder.rename(place / "models-elsewhere")
    folder.symlink_to(place / "models-elsewhere")
    saved = save(story.first, place / "linked.tar")
    assert saved.left_out == ("models",)


def test_a_backup_never_overwrites_and_never_lies_in_the_hubs_own_folder(
    story: Story, place: Path
) -> None:
    refused = mergehub("backup", place / "hub.tar", "--data", story.first)
    assert (refused.exit_code, "already exists" in refused.stderr) == (1, True)
    refused = mergehub("backup", story.first / "x.tar", "--data", story.first)
    assert (refused.exit_code, "the hub's own folder" in refused.stderr) == (1, True)
    (place / "many").mkdir()
    saved = mergehub("backup", place / "many", "--data", story.first, "--json")
    assert [str(path) for path in (place / "many").iterdir()] == [json.loads(saved.stdout)["file"]]


def test_a_run_whose_model_is_lost_is_named(story: Story, place: Path) -> None:
    runs = story.first / "artifacts" / "runs"
    lost = min(path for path in runs.iterdir() if len(path.name) == len(str(UUID(int=0))))
    lost.rename(place / "lost")
    try:
        saved = mergehub("backup", place / "lacking.tar", "--data", story.first, "--json")
        assert (saved.exit_code, json.loads(saved.stdout)["missing"]) == (0, [lost.name])
        assert f"Run {lost.name} succeeded, but its model is missing." in saved.stderr
    finally:
        (place / "lost").rename(lost)


def test_a_backup_that_is_interrupted_leaves_nothing(story: Story, place: Path) -> None:
    def interrupt(progress: Any) -> None:
        raise KeyboardInterrupt

    before = set(place.iterdir())
    with pytest.raises(KeyboardInterrupt):
        save(story.first, place / "never.tar", interrupt)
    assert set(place.iterdir()) == before


async def _rows(data: Path) -> dict[str, list[str]]:
    """Every row of every table, and the value of each sequence."""
    server = Postgres(data / "pg")
    server.start()
    try:
        connection = await asyncpg.connect(server.url)
        try:
            tables = await connection.fetch(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY($1)", SCHEMAS
            )
            found = {}
            for schema, table in tables:
                query = f'SELECT t::text FROM "{schema}"."{table}" AS t ORDER BY 1'
                found[f"{schema}.{table}"] = [row[0] for row in await connection.fetch(query)]
            found["sequences"] = [
                str(tuple(row))
                for row in await connection.fetch(
                    "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"
                )
            ]
            return found
        finally:
            await connection.close()
    finally:
        server.stop()
