"""The first index of names comes from another process; until then questions read all names."""

from __future__ import annotations

import numpy as np
import pytest
from captured_logs import captured_logs
from hypothesis import given, settings
from hypothesis import strategies as st
from tries import tries

from lineage.memory.growing import GrowingGraph
from lineage.search import apart, current
from lineage.search.apart import blocks_apart
from lineage.search.blocks import Blocks
from lineage.search.current import Search
from lineage.search.finding import find
from lineage.search.index import Index
from lineage.search.words import Query
from mergehub.columns.parts import in_memory
from mergehub.kit.background.apart import Failed

WORDS = ("llama", "mistral", "7b", "slerp", "größe", "a\\b")
QUERIES = ("llama", "mistral 7b", "größe", "org", "maker-7/model-77", "b", "nothing", "r-4")


@pytest.fixture
def untouched():
    """These tests need no store."""


class Hub:
    """A graph of many names, of which some models are missing."""

    def __init__(self, models: int = 9_000) -> None:
        self.growing = GrowingGraph()
        numbers = np.array([each for each in range(models) if each % 97], np.int32)
        self.name({each: f"maker-{each % 50}/model-{each}" for each in numbers.tolist()})

    def name(self, names: dict[int, str]) -> None:
        numbers = np.array(sorted(names), np.int32)
        places = self.growing.names.add([names[each] for each in sorted(names)])
        self.growing.put_models(numbers, places, {"children_count": numbers % 7})
        self.graph = self.growing.graph(1)

    def found(self, index: Index, text: str) -> list[int]:
        return [each.model for each in find(self.graph, index, Query.of(text), (), 500)]

    def answers(self, index: Index) -> list[list[int]]:
        return [self.found(index, text) for text in QUERIES]


@pytest.fixture
def hub():
    return Hub()


@pytest.fixture(autouse=True)
def every_name_is_many(monkeypatch):
    monkeypatch.setattr(current, "MANY", 1)


async def test_another_process_makes_the_same_index(hub):
    index = Index(hub.growing.names, apart=True)
    index.begin(await blocks_apart(hub.graph))
    expected = hub.answers(Index(hub.growing.names))
    assert hub.answers(index) == expected
    assert any(expected)


async def test_what_changes_meanwhile_is_indexed_here(hub):
    blocks = await blocks_apart(hub.graph)
    hub.name({5: "org/renamed", 97: "org/one", 20_000: "org/far"})
    index = Index(hub.growing.names, apart=True)
    index.begin(blocks)
    assert hub.found(index, "renamed") == [5]
    assert hub.found(index, "model-5 maker-5") == hub.found(
        Index(hub.growing.names), "model-5 maker-5"
    )
    assert sorted(hub.found(index, "org")) == [5, 97, 20_000]


def test_before_it_is_done_questions_are_answered_as_later(hub):
    hub.name({8_999: "org", 8_998: "org two", 8_997: "other-org"})
    waiting = Index(hub.growing.names, apart=True)
    assert waiting.waits
    waiting.follow(hub.graph)
    assert hub.answers(waiting) == hub.answers(Index(hub.growing.names))
    assert waiting.waits


async def test_the_loop_waits_for_the_process_once(hub):
    search = Search()
    assert search.index(hub.graph).waits
    await search.follow(hub.graph)
    index = search.index(hub.graph)
    assert not index.waits
    hub.name({3: "org/new"})
    await search.follow(hub.graph)
    assert hub.found(search.index(hub.graph), "new") == [3]
    assert search.index(hub.graph) is index


@pytest.mark.parametrize("program", ["lineage.no_such_module", "lineage.memory.graph"])
async def test_without_an_answer_the_service_makes_it_and_says_so(hub, monkeypatch, program):
    async def other(_: str, files: tuple[int, ...]) -> bytes:
        return await run(program, files=files)

    run = apart.run_apart
    monkeypatch.setattr(apart, "run_apart", other)
    search = Search()
    with captured_logs() as said:
        await search.follow(hub.graph)
    [line] = [each for each in said if each["event"] == "names.not_indexed_apart"]
    assert "The process" in line["reason"]
    assert hub.answers(search.index(hub.graph)) == hub.answers(Index(hub.growing.names))
    with pytest.raises(Failed):
        await blocks_apart(hub.graph)


names = st.dictionaries(
    st.integers(0, 9_000),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("-".join),
    max_size=6,
)


@settings(max_examples=tries(13), deadline=None, derandomize=True)
@given(st.lists(st.tuples(names, st.booleans()), min_size=1, max_size=5))
def test_blocks_of_a_file_and_what_came_later_answer_as_blocks_made_anew(batches):
    hub, blocks = Hub(200), Blocks()
    for batch, kept in batches:
        if batch:
            hub.name(batch)
        models = hub.graph.models
        blocks.follow(hub.growing.names, models.exists, models.name_place)
        if kept:
            blocks = Blocks.kept(in_memory(blocks.parts()))
    index = Index(hub.growing.names, apart=True)
    index.begin(blocks)
    assert hub.answers(index) == hub.answers(Index(hub.growing.names))
