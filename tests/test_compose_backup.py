"""The Compose file's hub is backed up, emptied and restored by the commands of its page."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from running import finish, model_of
from story import check_ancestry, check_it_is_an_ingredient, publish_and_merge
from topology.models import digest_in, readable_models
from topology.network import lacking
from topology.shell import commands, compose
from topology.topology import Topology, deployed

from mergehub.contracts.runs import Run

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

BACK_UP = commands("### Backup and restore", "backs up the databases")
RESTORE = commands("To restore:", "### How it works")
OF_THE_MOMENT = {"registry.workers"}  # who is there, which the stop of the hub changed


async def rows_of(topology: Topology, database: str) -> dict[str, str]:
    """A digest of the rows of each table in a database."""
    url = urlsplit(topology.secret("database_url"))
    address = topology.network.addresses["postgres"]
    at = url._replace(netloc=url.netloc.replace("@postgres", f"@{address}"), path=f"/{database}")
    connection = await asyncpg.connect(at.geturl())
    tables = await connection.fetch(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables "
        "WHERE schemaname IN ('registry', 'lineage', 'leaderboard')"
    )
    digest = "SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) || count(*) FROM {} t"
    found = {name: await connection.fetchval(digest.format(name)) for (name,) in tables}
    await connection.close()
    return found


async def test_a_backup_brings_an_emptied_deployment_back() -> None:
    if reason := lacking():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="mh-") as name:
        models = readable_models(Path(name))
        with deployed(Path(name) / "hub", models) as topology:
            run = before(topology)
            for command in BACK_UP:
                compose(topology, command)
            *restore, start = RESTORE
            for command in restore:
                compose(topology, command)
            old, new = [await rows_of(topology, it) for it in ("mergehub_before", "mergehub")]
            assert len(old) > 20
            assert {name for name in old if old[name] != new[name]} <= OF_THE_MOMENT
            assert old.keys() == new.keys()
            compose(topology, start)
            after(topology, run)


def before(topology: Topology) -> Run:
    with topology.client() as hub:
        run = publish_and_merge(hub, lambda made: digest_in(topology, made))
        check_ancestry(hub)
    return run


def after(topology: Topology, run: Run) -> None:
    """The hub knows its run, and its worker merges with the model that the bucket has again."""
    assert run.result is not None
    assert digest_in(topology, run) == run.result["output_digest"]
    with topology.client() as hub:
        assert finish(hub, run).result == run.result
        assert model_of(hub, "e2e/merged")
        check_it_is_an_ingredient(hub, run)
