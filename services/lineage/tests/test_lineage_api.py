"""The API of lineage: models, walks, the most used models, and errors."""

from __future__ import annotations

from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from lineage import events
from lineage.app import create_app
from lineage.tables import Base
from mergehub.contracts.kinds.merge import Parent
from mergehub.contracts.services import SERVICES
from mergehub.kit.settings.service import ServiceSettings


@pytest.fixture
async def demo(resources, registry):
    """Two fine-tunes as adapters on one base, merged; and a merge of that merge."""
    base = Parent(name="smol", digest="sha256:smol", role="base")
    registry.merge(
        "merged",
        base,
        Parent(name="smol+dates", weight=0.7, base=Parent(name="smol", digest="sha256:smol")),
        Parent(name="smol+units", weight=0.3, base=Parent(name="smol", digest="sha256:smol")),
    )
    registry.merge(
        "again", base, Parent(name="merged", layers=[(0, 12), (20, 30)]), method="linear"
    )
    await events.consumer(resources).catch_up()
    return registry


async def test_ancestors_make_a_tree(demo, ancestry):
    walk = await ancestry("again")
    depths = {node["name"]: node["depth"] for node in walk["nodes"]}
    assert depths == {"again": 0, "merged": 1, "smol": 1, "smol+dates": 2, "smol+units": 2}
    names = {node["id"]: node["name"] for node in walk["nodes"]}
    assert [
        (names[edge["child"]], names[edge["parent"]], edge["relation"], edge["role"])
        for edge in walk["edges"]
    ] == [
        ("merged", "smol", "merge", "base"),
        ("merged", "smol+dates", "merge", "ingredient"),
        ("smol+dates", "smol", "adapter", "base"),
        ("merged", "smol+units", "merge", "ingredient"),
        ("smol+units", "smol", "adapter", "base"),
        ("again", "smol", "merge", "base"),
        ("again", "merged", "merge", "ingredient"),
    ]
    assert walk["truncated"] is False


async def test_edges_tell_where_they_were_learned(demo, ancestry):
    first, last = demo.events[0].data, demo.events[1].data
    by_weight = {edge["weight"]: edge for edge in (await ancestry("merged"))["edges"]}
    dates = by_weight[0.7]
    assert (dates["method"], dates["run"]) == ("ties", first["run"])
    assert (dates["recipe_version"], dates["source"]) == (first["recipe_version"], "registry")
    assert (dates["child_digest"], dates["parent_digest"]) == ("sha256:merged", None)
    whole = (await ancestry("again"))["edges"][-1]
    assert (whole["method"], whole["run"]) == ("linear", last["run"])
    assert whole["layers"] == [[0, 12], [20, 30]]


async def test_an_adapter_lies_on_its_base_whatever_recipe_told_of_it(demo, ancestry):
    [edge] = (await ancestry("smol+dates"))["edges"]
    assert (edge["relation"], edge["method"], edge["recipe_version"]) == ("adapter", None, None)
    assert edge["run"] == demo.events[0].data["run"]


async def test_walks_can_be_cut_by_depth_and_by_number(demo, ancestry):
    near = await ancestry("again", max_depth=1)
    assert {node["name"] for node in near["nodes"]} == {"again", "merged", "smol"}
    assert near["truncated"] is True
    few = await ancestry("again", limit=2)
    assert [node["depth"] for node in few["nodes"]] == [0, 1]
    assert few["truncated"] is True


async def test_descendants_go_the_other_way(demo, client):
    [smol] = (await client.get("/v1/models", params={"name": "smol"})).json()["items"]
    walk = (await client.get(f"/v1/models/{smol['id']}/descendants")).json()
    assert walk["start"] == smol["id"]
    assert {node["name"]: node["depth"] for node in walk["nodes"]} == {
        "smol": 0,
        "merged": 1,
        "again": 1,
        "smol+dates": 1,
        "smol+units": 1,
    }


async def test_popular_models_by_role(demo, client):
    bases = (await client.get("/v1/graph/popular")).json()["items"]
    assert [(model["name"], model["base_count"]) for model in bases] == [("smol", 2)]
    assert bases[0]["children_count"] == 4
    ingredients = (await client.get("/v1/graph/popular", params={"role": "ingredient"})).json()
    assert [model["name"] for model in ingredients["items"]] == [
        "merged",
        "smol+dates",
        "smol+units",
    ]


async def test_statistics_of_a_kind_count_all_that_its_models_were_made_from(demo, client):
    async def bases(**query) -> list[tuple[str, int]]:
        found = (await client.get("/v1/graph/popular", params=query)).json()["items"]
        return [(model["name"], model["count"]) for model in found]

    assert await bases() == [("smol", 2)]
    assert await bases(kind="adapter") == [("smol", 2)]
    assert await bases(kind=["adapter", "merge"]) == [("smol", 4)]
    assert await bases(kind="adapter", relation="merge") == []
    months = await client.get("/v1/graph/statistics/methods", params={"kind": "adapter"})
    assert [(row["method"], row["count"]) for row in months.json()["items"]] == [(None, 2)]
    wrong = await client.get("/v1/graph/popular?kind=friend")
    assert wrong.status_code == 422


async def test_models_page_by_name_without_gap_or_repetition(demo, client):
    names, url = [], "/v1/models?limit=2"
    while url:
        answer = await client.get(url)
        names += [model["name"] for model in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url")
    assert names == ["again", "merged", "smol", "smol+dates", "smol+units"]


async def test_models_by_a_part_of_a_name_take_no_wildcards(demo, client):
    found = (await client.get("/v1/models", params={"q": "smol+u"})).json()["items"]
    assert [model["name"] for model in found] == ["smol+units"]
    assert (await client.get("/v1/models", params={"q": "%"})).json()["items"] == []
    assert (await client.get("/v1/models", params={"q": "sm%units"})).json()["items"] == found
    assert (await client.get("/v1/models", params={"q": "s.ol"})).json()["items"] == []


async def test_a_model_tells_its_names_and_revisions(demo, client):
    [smol] = (await client.get("/v1/models", params={"name": "smol"})).json()["items"]
    detail = (await client.get(f"/v1/models/{smol['id']}")).json()
    assert [name["name"] for name in detail["names"]] == ["smol"]
    assert [revision["digest"] for revision in detail["revisions"]] == ["sha256:smol"]
    assert detail["refused_parents"] == []


@pytest.mark.parametrize("path", ["", "/ancestors", "/descendants"])
async def test_an_unknown_model_is_a_problem_that_helps(client, path):
    answer = await client.get(f"/v1/models/{uuid4()}{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "model-not-found"
    assert "?name=" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/models/no-uuid", 422),
        ("/v1/models?cursor=rubbish", 400),
        ("/v1/models?q=%00", 422),
        ("/v1/models?limit=0", 422),
        ("/v1/graph/popular?role=friend", 422),
    ],
)
async def test_bad_requests_are_problems(client, path, status):
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_service_says_when_it_is_ready(client):
    assert (await client.get("/readyz")).status_code == 200


async def test_models_and_migrations_agree(resources):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)

    async with resources.database.engine.connect() as connection:
        found = await connection.run_sync(differences)
    assert [each for each in found if each[1].name != "alembic_version"] == []


def test_the_openapi_document_names_operations_and_outputs_have_no_defaults():
    document = create_app(ServiceSettings()).openapi()
    operations = {
        operation["operationId"]: path
        for path, methods in document["paths"].items()
        for operation in methods.values()
    }
    assert operations == {
        "list_models": "/v1/models",
        "list_model_facts": "/v1/models/facts",
        "get_model": "/v1/models/{model_id}",
        "update_model": "/v1/models/{model_id}",
        "flag_model": "/v1/models/{model_id}/flags",
        "clear_flag": "/v1/models/{model_id}/flags/{flag_id}",
        "withdraw_edge": "/v1/models/{model_id}/edges/{edge}/withdrawal",
        "restore_edge": "/v1/models/{model_id}/edges/{edge}/withdrawal",
        "import_graph": "/v1/graph/imports",
        "list_ancestors": "/v1/models/{model_id}/ancestors",
        "list_descendants": "/v1/models/{model_id}/descendants",
        "list_relatives": "/v1/models/{model_id}/relatives",
        "list_parents": "/v1/models/{model_id}/parents",
        "list_children": "/v1/models/{model_id}/children",
        "list_paths": "/v1/models/{model_id}/paths",
        "list_common_ancestors": "/v1/graph/common",
        "get_shares": "/v1/models/{model_id}/shares",
        "get_licences": "/v1/models/{model_id}/licences",
        "get_contamination": "/v1/models/{model_id}/contamination",
        "get_map": "/v1/graph",
        "follow_changes": "/v1/graph/changes",
        "get_facets": "/v1/graph/facets",
        "check_ingredients": "/v1/graph/ingredients",
        "export_graph": "/v1/graph/export",
        "list_popular_models": "/v1/graph/popular",
        "list_methods_by_month": "/v1/graph/statistics/methods",
        "list_risers": "/v1/graph/statistics/risers",
        "list_pairs": "/v1/graph/statistics/pairs",
    }
    received = {
        "FlagCreate", "ImportCreate", "ImportedEdge", "ImportedModel", "ModelUpdate",
        "WithdrawalCreate", "IngredientGroup", "IngredientsAsked",
    }  # fmt: skip
    schemas = document["components"]["schemas"]
    for name in schemas.keys() - received:
        assert set(schemas[name]["required"]) == set(schemas[name]["properties"]), name


def test_every_path_is_one_that_the_table_gives_to_lineage():
    [service] = [service for service in SERVICES if service.name == "lineage"]
    for path in create_app(ServiceSettings()).openapi()["paths"]:
        assert path.startswith(service.prefixes)
