"""Names of models are compared without case, also names that used to be kept apart."""

from __future__ import annotations

import unicodedata

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select, text

from lineage import events
from lineage.models.composing import compose
from lineage.models.models import ModelRow
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.database.database import Database

BEFORE = """
INSERT INTO models (id, name, created_at) VALUES
  ('00000000-0000-0000-0000-000000000001', 'me/Soup', now() - interval '2 h'),
  ('00000000-0000-0000-0000-000000000002', 'ME/soup', now() - interval '1 h'),
  ('00000000-0000-0000-0000-000000000003', 'me/stew', now() - interval '3 h')
"""
REVISIONS = """
INSERT INTO revisions (id, model_id) SELECT id, id FROM models
"""
EDGE = """
INSERT INTO edges
  (child_id, child_revision_id, parent_id, parent_revision_id, relation, role, source)
SELECT a.id, a.id, b.id, b.id, 'merge', 'base', 'registry' FROM models AS a, models AS b
WHERE (a.name, b.name) IN (('ME/soup', 'me/stew'), ('me/stew', 'me/Soup'))
"""


def _to(revision, *, down=False):
    def go(connection):
        config = Config()
        config.set_main_option("script_location", "lineage:migrations")
        config.attributes.update(connection=connection, schema="lineage")
        (command.downgrade if down else command.upgrade)(config, revision)

    return go


async def test_a_model_is_one_whatever_the_case_of_its_name(resources, registry, client, ancestry):
    registry.merge("me/Soup", Parent(name="Org/Base", digest="sha256:b", role="base"))
    registry.merge("ME/SOUP", Parent(name="org/base", digest="sha256:b", role="base"))
    registry.merge("me/stew", Parent(name="me/soup", weight=1.0))
    await events.consumer(resources).catch_up()

    for name in ("me/Soup", "ME/SOUP", "me/soup"):
        (model,) = (await client.get("/v1/models", params={"name": name})).json()["items"]
        assert (model["name"], model["children_count"], model["alias_of"]) == ("me/Soup", 1, None)
    walk = await ancestry("me/stew")
    assert {node["name"] for node in walk["nodes"]} == {"me/stew", "me/Soup", "Org/Base"}


async def test_a_name_stored_with_its_accents_apart_is_composed_once(resources, client):
    apart = [unicodedata.normalize("NFD", name) for name in ("me/café", "me/crêpe")]
    async with resources.database.transaction() as session:
        session.add_all([ModelRow(name=name) for name in (*apart, "me/crêpe", "me/soup")])
    async with resources.database.transaction() as session:
        assert await compose(session) == 1
    async with resources.database.transaction() as session:
        assert await compose(session) == 0
        names = set(await session.scalars(select(ModelRow.name)))
    assert names == {"me/café", apart[1], "me/crêpe", "me/soup"}
    found = (await client.get("/v1/models", params={"name": "me/café"})).json()["items"]
    detail = (await client.get(f"/v1/models/{found[0]['id']}")).json()
    assert [each["name"] for each in detail["names"]] == [apart[0], "me/café"]


@pytest.mark.parametrize("prefix", ["me/", "ME/S"])
async def test_the_beginning_of_a_name_is_found_in_whatever_case(
    resources, registry, client, prefix
):
    for name in ("me/Soup", "Me/stew", "me/salad", "other/soup"):
        registry.merge(name, Parent(name="org/base"))
    await events.consumer(resources).catch_up()
    found, query = [], {"q": prefix, "limit": 2}
    while True:
        page = (await client.get("/v1/models", params=query)).json()
        found += [each["name"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == ["me/salad", "me/Soup", "Me/stew"]


async def test_a_model_is_found_by_any_part_of_any_of_its_names(resources, registry, client):
    registry.tokens["mgh_writer"] = "lineage:write"
    for name in ("me/Mistral-7B-slerp", "me/mistral_ties", "other/llama-SLERP"):
        registry.merge(name, Parent(name="org/base"))
    await events.consumer(resources).catch_up()

    async def found(q: str) -> list[tuple[str, str | None]]:
        answer = await client.get("/v1/models", params={"q": q})
        assert answer.status_code == 200, answer.text
        return [(each["name"], each["former_name"]) for each in answer.json()["items"]]

    assert await found("istral") == [("me/Mistral-7B-slerp", None), ("me/mistral_ties", None)]
    assert await found("slerp mistral") == [("me/Mistral-7B-slerp", None)]
    assert await found("slrep") == [("me/Mistral-7B-slerp", None), ("other/llama-SLERP", None)]
    [model] = (await client.get("/v1/models", params={"name": "me/mistral_ties"})).json()["items"]
    renamed = await client.patch(
        f"/v1/models/{model['id']}",
        json={"name": "me/soup"},
        headers={"Authorization": "Bearer mgh_writer", "If-Match": "*"},
    )
    assert renamed.status_code == 200, renamed.text
    assert await found("ties") == [("me/soup", "me/mistral_ties")]
    assert await found("soup") == [("me/soup", None)]
    by_name = await client.get("/v1/models", params={"name": "ME/mistral_ties"})
    assert by_name.json()["items"][0]["former_name"] == "ME/mistral_ties"


async def test_names_that_were_kept_apart_become_aliases_of_the_first_and_nothing_is_lost(
    database_of,
):
    database = Database(await database_of("lineage_names"), "lineage")
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA lineage"))
        await connection.run_sync(_to("0003"))
        for statement in (BEFORE, REVISIONS, EDGE):
            await connection.execute(text(statement))
        await connection.run_sync(_to("0007"))  # the next one needs no transaction
        rows = await connection.execute(
            text("SELECT one.name, first.name FROM models one LEFT JOIN models first"
                 " ON first.id = one.alias_of ORDER BY one.created_at")
        )  # fmt: skip
        assert [tuple(row) for row in rows] == [
            ("me/stew", None), ("me/Soup", None), ("ME/soup", "me/Soup"),
        ]  # fmt: skip
        assert await connection.scalar(text("SELECT count(*) FROM edges")) == 2
        names = "SELECT name FROM model_names WHERE model_id::text LIKE '%1'"
        assert list(await connection.scalars(text(names))) == ["ME/soup"]
        await connection.run_sync(_to("0003", down=True))
        assert await connection.scalar(text("SELECT count(*) FROM models")) == 3
    await database.close()
