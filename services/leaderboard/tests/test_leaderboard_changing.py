"""A board made from an older state of it is the same as one made whole, bit by bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_facts import MODELS, Known, Result, World, lineages, results

from leaderboard.boards.definition import Chosen, Column, Rules
from leaderboard.boards.filtering.names import Search
from leaderboard.boards.making import changing, rows
from leaderboard.boards.making.maker import BoardMaker
from leaderboard.boards.standing import Board
from leaderboard.memory import parents, recent
from leaderboard.memory.facts import Facts
from leaderboard.memory.parents import Parents
from leaderboard.memory.recent import Recent

BOARDS = (
    Rules(columns=(Column(benchmark="x"),)),
    Rules(columns=(Column(benchmark="x"), Column(benchmark="y", shots="any", weight=3.0))),
    Rules(columns=Chosen(), below_guess="negative"),
)
LATER = (*MODELS, "a/a", "Z/z")
news = results.map(lambda drawn: drawn[:4])
renames = st.tuples(st.sampled_from(MODELS), st.sampled_from(["0/first", "m/Middle", "z/last"]))
steps = st.lists(
    st.one_of(
        news,
        lineages(),
        renames,
        st.tuples(st.just("new"), st.sampled_from(LATER), st.floats(0, 1)),
        st.tuples(st.just("gone"), st.integers(1, 9)),
    ),
    max_size=8,
)


@pytest.fixture(autouse=True, scope="module")
def any_change_is_a_small_one():
    with pytest.MonkeyPatch.context() as patch:
        for module in (changing, rows, parents):
            patch.setattr(module, "FEW", 1)
        yield


def change(world: World, step: object) -> None:
    match step:
        case ("new", str(name), float(value)):
            world.add([Result(name, "x", value, stderr=0.1, when=world.changes)])
        case ("gone", int(result)):
            world.growing.take_out([result])
        case (str(name), str(other)) if name in world.models:
            world.rename(name, other)
        case dict(known):
            world.learn(known)
        case list(drawn):
            world.add(drawn)


def agree(one: Board, other: Board) -> None:
    assert one.facts is other.facts
    assert one.columns == other.columns
    for name in ("variants", "mean", "error", "models", "places", "uplift", "score_of_model"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine.dtype, mine.tobytes()) == (theirs.dtype, theirs.tobytes()), name
    assert [at.tolist() for at in one.at] == [at.tolist() for at in other.at]
    for mine, theirs in zip(one.by_mean, other.by_mean, strict=True):
        assert (mine.dtype, mine.tobytes()) == (theirs.dtype, theirs.tobytes())


def walks_agree(found: Parents) -> None:
    """Whether what was taken from an earlier state is what a walk finds."""
    again = Parents(
        found.starts, found.model, found.role, found.relation, found.method, found.weight
    )
    for name in ("child", "children", "roots", "child_and_root"):
        mine, theirs = getattr(found, name), getattr(again, name)
        np.testing.assert_equal(mine, theirs, name)


@given(results, lineages(), steps, st.sampled_from(BOARDS), st.booleans())
def test_a_board_made_of_an_older_state_is_as_if_made_whole(first, known, later, rules, verified):
    world, maker, search = World(), BoardMaker(), Search()
    world.learn(known)
    world.add(first)
    board = maker.make(world.facts(), rules, verified)
    for step in later:
        change(world, step)
        facts = world.facts()
        assert board.by_mean is not None
        board = maker.make(facts, rules, verified, board)
        agree(board, BoardMaker().make(facts, rules, verified))
        walks_agree(facts.models.parents)
        for part in ("a", "Two", "z/"):
            found = search.containing(facts.models, part)
            assert found.tolist() == Search().containing(facts.models, part).tolist()
        for scores in facts.scores:
            again = replace(scores)
            assert scores.error.tobytes() == again.error.tobytes()


def some_models(world: World) -> Facts:
    world.add([Result(f"m/{at}", "x", at / 40, count=50) for at in range(40)])
    return world.facts()


def test_rows_of_other_models_are_not_made_anew(monkeypatch):
    made = []
    real = rows.rows_of

    def counting(facts, columns, scores, variants):
        made.append(len(variants))
        return real(facts, columns, scores, variants)

    monkeypatch.setattr(changing, "rows_of", counting)
    world, maker = World(), BoardMaker()
    board = maker.make(some_models(world), BOARDS[0])
    world.add([Result("m/7", "x", 0.9, count=50), Result("new", "x", 0.5, count=50)])
    board = maker.make(world.facts(), BOARDS[0], before=board)
    assert (made, len(board)) == ([2], 41)


def test_models_that_are_learned_again_as_they_were_change_nothing():
    world = World()
    world.learn({"a": Known(), "b": Known(parents=("a",), method="slerp")})
    before = world.facts().models
    world.tell({"a": Known(), "b": Known(parents=("a",), method="slerp")})
    assert world.facts().models is before
    world.tell({"b": Known(parents=("a",), method="ties")})
    assert world.facts().models is not before


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=8), st.integers(0, 8))
def test_recent_changes_are_all_since_a_state_or_none(changes, begin):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recent, "MOST_CHANGES", 4)
        patch.setattr(recent, "MOST_VARIANTS", 6)
        states = [Recent()]
        for variants in changes:
            states.append(states[-1].with_change(np.array(variants, np.int32)))
        older = min(begin, len(changes))
        found = states[-1].since(states[older])
        if found is None:
            kept = changes[older:]
            assert len(kept) > 4 or sum(map(len, kept)) > 6
        else:
            assert found.tolist() == sorted({each for some in changes[older:] for each in some})
