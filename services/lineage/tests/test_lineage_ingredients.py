"""What is known of models that are to be merged: their shared base, flags and licences."""

from __future__ import annotations

import pytest
from drawn_graph import Drawn, drawn, graphs
from drawn_graph import Edge as DrawnEdge
from hypothesis import given
from hypothesis import strategies as st
from lineage_statements import say
from sqlalchemy import insert, select, update
from when_used import when_used

from lineage.learning.batch import Batch
from lineage.learning.changes import log
from lineage.learning.service import learn
from lineage.models.models import FlagRow, ModelRow
from lineage.questions import licences as licence_question
from lineage.questions.ancestry import ancestry
from lineage.questions.kinship import kinship, originals

nx = when_used("networkx")
model = st.integers(1, 12)


def bases_of(made: Drawn) -> set[int]:
    """The models from which another was made in another way than by a merge."""
    return {each.parent for each in made.edges if each.relation != "merge"}


@given(
    made=graphs(),
    models=st.lists(model, min_size=1, max_size=4, unique=True),
    base=st.none() | model,
)
def test_the_kinship_of_models_is_that_of_a_plain_search(made, models, base):
    ancestries = {each: ancestry(made.graph, each) for each in models}
    found = kinship(made.graph, ancestries, models, base, bases_of(made))
    graph = nx.DiGraph((each.child, each.parent) for each in made.edges)
    graph.add_nodes_from(range(1, 13))
    lines = {each: nx.descendants(graph, each) | {each} for each in graph}
    only_merged = {each for each in graph if not graph.out_degree(each)} - bases_of(made)
    assert found.compared == [each for each in models if each not in only_merged | {base}]
    assert found.apart == [
        each for each in found.compared if base is not None and base not in lines[each]
    ]
    shared = set.intersection(*(lines[each] for each in found.compared)) if found.compared else ()
    assert (found.shared is None) == (not shared)
    if found.shared is not None:
        assert found.shared in (set(shared) - set(found.compared) or shared)
        steps = {each: nx.single_source_shortest_path_length(graph, each) for each in models}
        farthest = {
            each: max(steps[one][each] for one in found.compared)
            for each in (set(shared) - set(found.compared) or shared)
        }
        assert farthest[found.shared] == min(farthest.values())


@given(made=graphs(), models=st.lists(model, min_size=1, max_size=3, unique=True))
def test_a_merge_would_inherit_what_a_child_of_all_its_models_inherits(made, models):
    """The licences of a merge that is not made yet are those of one that was made without any."""
    found = licence_question.licences_of_merge(made.graph, models)
    made.models({20: {}})
    made.add([DrawnEdge(20, each) for each in models])
    expected = licence_question.licences(made.graph, 20)
    assert {(each.licence, each.count) for each in found.inherited} == {
        (each.licence, each.count) for each in expected.inherited
    }
    assert {each.broken for each in found.conflicts} == {each.broken for each in expected.conflicts}
    pairs = [
        {frozenset((each.one.licence, each.other.licence)) for each in one.exclusions}
        for one in (found, expected)
    ]
    assert pairs[0] == pairs[1]
    assert all(each.path[0] in models for each in (*found.inherited, *found.conflicts))


def test_a_model_goes_back_to_its_originals_with_the_most_children():
    made = drawn([DrawnEdge(5, 1), DrawnEdge(5, 2), DrawnEdge(6, 5), DrawnEdge(6, 3)])
    made.graph.models.children_count[[1, 2, 3]] = 1, 7, 2
    assert originals(made.graph, ancestry(made.graph, 6), 2) == [2, 3]


LICENCES = {"llama": "llama3", "mistral": "gpl-3.0", "dates": "mit"}


@pytest.fixture
async def families(resources) -> None:
    """Two bases with fine-tunes of each, an adapter, and a model that was only merged."""
    told = [
        say("dates", "llama", relation="finetune", role="base"),
        say("units", "llama", relation="finetune", role="base"),
        say("poems", "mistral", relation="finetune", role="base"),
        say("llama+rhymes", "llama", relation="adapter", role="base"),
        say("soup", "dates", weight=0.5),
        say("soup", "mine", weight=0.5),
    ]
    async with resources.database.transaction() as session:
        await learn(session, Batch(told))
        for name, licence in LICENCES.items():
            await session.execute(
                update(ModelRow).where(ModelRow.name == name).values(licence=licence)
            )
        numbers = dict((await session.execute(select(ModelRow.name, ModelRow.number))).all())
        flag = {"model": numbers["dates"], "kind": "contaminated", "reason": "Saw the test"}
        await session.execute(insert(FlagRow).values({**flag, "set_by": "m"}))
        await log(session, [], list(numbers.values()))


@pytest.fixture
def ask(client, families):
    """Ask about groups of models."""

    async def post(*groups: dict, **more) -> dict:
        answer = await client.post("/v1/graph/ingredients", json={"groups": list(groups), **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return post


def named(models: list[dict]) -> list[str]:
    return [each["name"] for each in models]


async def test_models_of_one_base_share_it(ask):
    answer = await ask({"models": ["dates", "UNITS"], "base": "llama"})
    [group] = answer["groups"]
    assert (group["compared"], group["apart"]) == (["dates", "UNITS"], [])
    assert group["shared"]["name"] == "llama"
    assert {each["asked"]: each["name"] for each in answer["models"]} == {
        "dates": "dates",
        "UNITS": "units",
        "llama": "llama",
    }
    assert "known" in answer["rule"]


async def test_models_that_did_not_come_from_the_base_are_apart(ask):
    [first, second] = (
        await ask(
            {"models": ["dates", "units"], "base": "mistral"},
            {"models": ["poems", "units"], "base": "llama"},
        )
    )["groups"]
    assert (first["apart"], first["shared"]["name"]) == (["dates", "units"], "llama")
    assert (second["apart"], second["shared"]) == (["poems"], None)


async def test_a_model_of_unknown_origin_is_not_compared(ask):
    answer = await ask({"models": ["dates", "mine", "elsewhere"], "base": "mistral"})
    assert answer["groups"][0]["compared"] == ["dates"]
    assert answer["unknown"] == ["elsewhere"]
    assert {each["asked"] for each in answer["models"]} == {"dates", "mine", "mistral"}


async def test_models_are_found_as_recipes_name_them(ask):
    answer = await ask(
        {"models": ["dates@main", "llama+rhymes", "units+other@v2"], "base": "llama@abc"}
    )
    assert {each["asked"]: each["name"] for each in answer["models"]} == {
        "dates@main": "dates",
        "llama+rhymes": "llama+rhymes",
        "units+other@v2": "units",
        "llama@abc": "llama",
    }
    assert answer["groups"][0]["apart"] == []


async def test_flags_and_licences_come_with_the_way_to_them(ask):
    answer = await ask({"models": ["soup", "poems"]})
    flags = {each["name"]: each["flags"] for each in answer["models"]}
    assert [named(each["path"]) for each in flags["soup"]] == [["soup", "dates"]]
    assert (flags["soup"][0]["reason"], flags["poems"]) == ("Saw the test", [])
    inherited = {each["licence"]: named(each["path"]) for each in answer["inherited"]}
    assert inherited == {
        "mit": ["soup", "dates"],
        "llama3": ["soup", "dates", "llama"],
        "gpl-3.0": ["poems", "mistral"],
    }
    [conflict] = answer["conflicts"]
    assert (conflict["broken"], conflict["licence"]) == ("llama3", "mit")
    assert named(conflict["path"]) == ["soup", "dates", "llama"]
    [exclusion] = answer["exclusions"]
    ways = {each["licence"]: named(each["path"]) for each in exclusion.values()}
    assert ways == {"gpl-3.0": ["poems", "mistral"], "llama3": ["soup", "dates", "llama"]}
    [found] = [each for each in answer["models"] if each["name"] == "soup"]
    assert set(named(found["originals"])) == {"llama", "mine"}


async def test_an_answer_says_how_many_weights_a_model_has(ask, resources):
    async with resources.database.transaction() as session:
        size = update(ModelRow).where(ModelRow.name == "llama").values(parameters=8_030_261_248)
        number = await session.scalar(size.returning(ModelRow.number))
        await log(session, [], [number])
    answer = await ask({"models": ["dates", "LLAMA@main"]}, models=["elsewhere"])
    sizes = {each["asked"]: each["parameters"] for each in answer["models"]}
    assert sizes == {"dates": None, "LLAMA@main": 8_030_261_248}


async def test_what_has_just_been_learned_is_known(ask, resources):
    async with resources.database.transaction() as session:
        await learn(session, Batch([say("new", "llama", relation="finetune", role="base")]))
    answer = await ask({"models": ["new"], "base": "mistral"})
    assert answer["groups"][0]["apart"] == ["new"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"groups": [{"models": []}]}, "/groups/0/models"),
        ({"groups": [{"models": ["a"]}] * 21}, "/groups"),
        ({"groups": [{"models": ["x" * 501]}]}, "/groups/0/models/0"),
        ({"groups": [{"models": ["a"], "bass": "b"}]}, "/groups/0/bass"),
        ({"groups": [], "models": [str(each) for each in range(101)]}, "/models"),
        ({"groups": [{"models": list("abc")}], "models": [str(n) for n in range(99)]}, ""),
    ],
)
async def test_a_question_has_limits(client, body, pointer):
    answer = await client.post("/v1/graph/ingredients", json=body)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
