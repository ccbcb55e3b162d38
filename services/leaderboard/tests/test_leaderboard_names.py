"""Names of models are compared without case, also names that used to be kept apart."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.database.database import Database

BEFORE = (
    "INSERT INTO benchmarks (name, version, metric, items) VALUES ('dates', '1', 'acc', 4)",
    """INSERT INTO results
         (model, model_digest, benchmark_id, value, stderr, count, shots, "binary", harness, run,
          source, created_at)
       SELECT called, 'd', id, 0.5, 0.1, 4, 0, false, 'h', gen_random_uuid(), 'verified', now()
       FROM benchmarks, unnest(ARRAY['me/Soup', 'ME/soup', 'org/a']) AS called""",
    """INSERT INTO parents (model, parent, role, relation, run)
       SELECT model, parent, 'ingredient', 'merge', gen_random_uuid() FROM (VALUES
       ('me/Soup', 'org/a'), ('ME/soup', 'Org/A'), ('ME/soup', 'org/b')) AS of (model, parent)""",
)


def _to(revision, *, down=False):
    def go(connection):
        config = Config()
        config.set_main_option("script_location", "leaderboard:migrations")
        config.attributes.update(connection=connection, schema="leaderboard")
        (command.downgrade if down else command.upgrade)(config, revision)

    return go


async def test_a_model_is_one_whatever_the_case_of_its_name(registry, caught_up, client):
    registry.score("Org/A", "dates", "1100")
    registry.merge("me/Soup", Parent(name="org/a"), Parent(name="ORG/A", role="base"))
    registry.score("ME/soup", "dates", "1110")
    registry.score("me/SOUP", "units", "1111")
    await caught_up()

    for name in ("me/Soup", "ME/SOUP"):
        listed = (await client.get("/v1/results", params={"model": name})).json()["items"]
        assert [each["model"] for each in listed] == ["me/Soup", "me/Soup"]
        uplift = (await client.get("/v1/uplift", params={"model": name})).json()
        assert (uplift["model"], uplift["merged"]) == ("me/Soup", True)
        assert {each["model"] for each in uplift["parents"]} == {"Org/A"}
        assert all(each["measured"] for each in uplift["parents"])
        board = (await client.get("/v1/boards/overall", params={"model": name})).json()["items"]
        assert [each["model"] for each in board] == ["me/Soup"]


async def test_what_was_kept_apart_by_case_alone_comes_together(database_of):
    database = Database(await database_of("leaderboard_names"), "leaderboard")
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA leaderboard"))
        await connection.run_sync(_to("0003"))
        for statement in BEFORE:
            await connection.execute(text(statement))
        await connection.run_sync(_to("0005"))
        results = await connection.scalars(text("SELECT model FROM results ORDER BY id"))
        assert list(results) == ["me/Soup", "me/Soup", "org/a"]
        parents = await connection.execute(text("SELECT model, parent FROM parents ORDER BY 2"))
        assert [tuple(row) for row in parents] == [("me/Soup", "org/a"), ("me/Soup", "org/b")]
        await connection.run_sync(_to("0003", down=True))
        assert await connection.scalar(text("SELECT count(*) FROM results")) == 3
    await database.close()
