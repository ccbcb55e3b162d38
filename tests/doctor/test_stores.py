"""`mergehub doctor` against stores that do not answer, refuse it, or lack tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from next_release import next_release
from redis.asyncio import Redis
from seaweed import KEY, SECRET, Seaweed
from sqlalchemy.engine import make_url

from doctor.asking import Environment, findings, states
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate, newest


async def test_stores_and_a_hub_that_do_not_answer_are_named(
    closed_port: int, tmp_path: Path
) -> None:
    found = await findings(
        {
            "MERGEHUB_DATABASE_URL": f"postgresql://u:secret@127.0.0.1:{closed_port}/hub",
            "MERGEHUB_REDIS_URL": f"redis://:secret@127.0.0.1:{closed_port}/0",
            "MERGEHUB_HUB_URL": f"http://127.0.0.1:{closed_port}",
        },
        tmp_path,
    )
    assert states(found) == {
        "settings": ["ok"], "database": ["failed"], "redis": ["failed"], "hub": ["failed"]
    }  # fmt: skip
    for check, variable in (("database", "DATABASE"), ("redis", "REDIS"), ("hub", "HUB")):
        (told,) = found[check]
        assert str(closed_port) in told["found"]
        assert "secret" not in told["found"]
        assert f"check host and port of MERGEHUB_{variable}_URL" in told["right"] or check == "hub"


async def test_a_bucket_is_tried_and_what_is_wrong_with_it_is_said(
    seaweed: Seaweed, closed_port: int, tmp_path: Path
) -> None:
    place = seaweed.place()
    right = {
        "MERGEHUB_ARTIFACTS": place.url,
        "MERGEHUB_S3_ENDPOINT": seaweed.endpoint,
        "MERGEHUB_S3_ACCESS_KEY": KEY,
        "MERGEHUB_S3_SECRET_KEY": SECRET,
    }

    async def told(**wrong: str) -> tuple[str, str]:
        given = {**right, **{f"MERGEHUB_{name}": value for name, value in wrong.items()}}
        found = await findings(
            {"MERGEHUB_HUB_URL": f"http://127.0.0.1:{closed_port}", **given}, tmp_path
        )
        assert "folders" not in found
        ((state, what, remedy),) = [tuple(each.values()) for each in found["artifacts"]]
        assert SECRET not in what + remedy
        return state, f"{what}: {remedy}"

    assert (await told())[0] == "ok"
    assert not list(
        seaweed.client()
        .list_objects_v2(Bucket=place.bucket, Prefix=place.prefix)
        .get("Contents", ())
    )
    for wrong, remedy in (
        ({"S3_SECRET_KEY": "not-the-secret"}, "does not belong to MERGEHUB_S3_ACCESS_KEY"),
        ({"ARTIFACTS": "s3://another/models"}, "There is no such bucket: create it"),
        ({"S3_ENDPOINT": f"http://127.0.0.1:{closed_port}"}, "must be its origin"),
    ):
        state, said = await told(**wrong)
        assert state == "failed"
        assert remedy in said


async def test_an_address_that_is_none_is_said_so(tmp_path: Path) -> None:
    wrong = {"MERGEHUB_DATABASE_URL": "postgresql://u:secret@host:port/x"}
    (told,) = (await findings(wrong, tmp_path))["database"]
    assert told["found"] == "MERGEHUB_DATABASE_URL is not an address"


@pytest.fixture
async def locked_role(deployed: Environment) -> AsyncIterator[tuple[str, str]]:
    """The URLs of a role that has a password: with the right one, and with a wrong one."""
    url = make_url(deployed["MERGEHUB_DATABASE_URL"])
    server = await asyncpg.connect(url.render_as_string(hide_password=False))
    rules = Path(await server.fetchval("SHOW hba_file"))
    if not rules.exists():  # noqa: ASYNC240 - a look at the disk of this machine
        pytest.skip("the rules of the server that is named are on another machine")
    before = rules.read_text()  # noqa: ASYNC240
    await server.execute("CREATE ROLE patient LOGIN SUPERUSER PASSWORD 'right'")
    rules.write_text(f"local all patient scram-sha-256\n{before}")  # noqa: ASYNC240
    await server.execute("SELECT pg_reload_conf()")
    made = url.set(username="patient")
    right, wrong = (made.set(password=each) for each in ("right", "wrong"))
    yield right.render_as_string(hide_password=False), wrong.render_as_string(hide_password=False)
    rules.write_text(before)  # noqa: ASYNC240
    await server.execute("SELECT pg_reload_conf()")
    await server.execute("DROP ROLE patient")
    await server.close()


async def test_a_wrong_password_of_the_database_is_said_so(
    locked_role: tuple[str, str], tmp_path: Path, until: Callable[..., Awaitable[None]]
) -> None:
    async def refused() -> bool:  # as soon as the server has read its rules again
        found = await findings({"MERGEHUB_DATABASE_URL": locked_role[1]}, tmp_path)
        return found["database"][0]["state"] == "failed"

    await until(refused)
    (told,) = (await findings({"MERGEHUB_DATABASE_URL": locked_role[1]}, tmp_path))["database"]
    assert 'password authentication failed for user "patient"' in told["found"]
    assert told["right"].startswith("Put the user and the password of the database into MERGEHUB_")
    found = await findings({"MERGEHUB_DATABASE_URL": locked_role[0]}, tmp_path)
    assert found["database"][0]["state"] == "ok"


@pytest.mark.parametrize("url", ["unix:///tmp/s?db=0", "redis://127.0.0.1:6379/0"])
async def test_the_address_of_redis_is_one_that_a_worker_can_use(url: str, tmp_path: Path) -> None:
    (told,) = (await findings({"MERGEHUB_REDIS_URL": url}, tmp_path))["redis"]
    assert url in told["found"]


async def test_a_wrong_password_of_redis_is_said_so(redis_url: str, tmp_path: Path) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.acl_setuser("patient", enabled=True, passwords=["+right"], commands=["+@all"])
        try:
            for password, state in (("right", "ok"), ("wrong", "failed")):
                named = {"MERGEHUB_REDIS_URL": _with_user(redis_url, f"patient:{password}")}
                (told,) = (await findings(named, tmp_path))["redis"]
                assert told["state"] == state, told
                assert password not in told["found"]
        finally:
            await redis.acl_deluser("patient")
    assert told["right"].startswith("Put the user and the password of the server into MERGEHUB_R")


def _with_user(url: str, user: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}"))


@pytest.mark.parametrize(("mode", "state"), [("separate", "failed"), ("inline", "warning")])
async def test_missing_migrations_are_named_with_the_job_that_makes_them(
    fresh_database: str, tmp_path: Path, mode: str, state: str
) -> None:
    named = {"MERGEHUB_DATABASE_URL": fresh_database, "MERGEHUB_MIGRATIONS": mode}
    found = await findings(named, tmp_path)
    assert states(found)["migrations"] == [state] * 3
    head, told = newest("registry.migrations"), found["migrations"][0]
    assert told["found"] == f"The migration {head} of registry is missing (there are no tables)."
    right = "Run `python -m registry migrate`." if mode == "separate" else "The service migrates "
    assert told["right"].startswith(right)


async def test_tables_of_a_newer_release_are_a_warning(fresh_database: str, tmp_path: Path) -> None:
    later = next_release(tmp_path / "next", "lineage", "def upgrade():\n    pass\n")
    database = Database(fresh_database, "lineage")
    await migrate(database, later)
    await database.close()
    found = await findings({"MERGEHUB_DATABASE_URL": fresh_database}, tmp_path)
    newer = {"state": "warning", "found": "lineage is at next, of a newer release."}
    assert newer.items() <= found["migrations"][1].items()
