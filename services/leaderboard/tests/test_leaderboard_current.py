"""Boards that grow: intervals of ranks are of the state shown, or say of which earlier one."""

from __future__ import annotations

import gc
from weakref import ref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_facts import Result, World, results

from leaderboard.boards import current
from leaderboard.boards.current import Boards, Kept, warm
from leaderboard.boards.definition import Chosen, Column, Rules
from leaderboard.boards.ranks import apart, computing
from leaderboard.boards.ranks.apart import ranks_apart
from leaderboard.boards.ranks.computing import SEED, ranks_of
from leaderboard.boards.sorting import SORTS, order, sorted_by
from leaderboard.boards.standing import ordered
from leaderboard.statistics import ranks
from mergehub.kit.background.apart import Failed

RULES = Rules(columns=(Column(benchmark="x"),))
Y = Column(benchmark="y")
steps = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 30), st.sampled_from([0.2, 0.4, 0.41, 0.8])),
        st.just("another benchmark"),
        st.just("compute"),
    ),
    min_size=2,
    max_size=12,
)


def shown_are_of_this_state(kept: Kept) -> bool:
    """Whether the intervals equal those computed from nothing but the board, if there are any."""
    board, found = kept.board, kept.ranks
    if found is None:
        return False
    rows = board.by_mean.rows[: board.ranked]
    direct = ranks.intervals(board.mean[rows], board.error[rows], SEED, replicates=found.replicates)
    assert found.as_of == board.facts.as_of
    assert found.best[board.variants[rows]].tolist() == direct.best.tolist()
    assert found.worst[board.variants[rows]].tolist() == direct.worst.tolist()
    assert np.count_nonzero(found.best) == np.count_nonzero(direct.best)
    return True


class Plain:
    """The intervals as they were computed last, read in plain Python: the means at their ends."""

    def __init__(self, kept: Kept) -> None:
        board, ranks = kept.board, kept.ranks
        rows = board.by_mean.rows[: board.ranked].tolist()
        ends = ranks.best, ranks.worst
        self.as_of = ranks.as_of
        self.computed = {
            int(board.variants[row]): (
                *(board.mean[row], board.error[row]),
                *(board.mean[rows[end[board.variants[row]] - 1]] for end in ends),
            )
            for row in rows
        }  # fmt: skip

    def agrees_with(self, kept: Kept) -> bool:
        board, ranks = kept.board, kept.ranks
        means = [float(mean) for mean in board.mean if mean == mean]
        assert ranks.as_of == self.as_of < board.facts.as_of
        for row in range(len(board)):
            variant, place = int(board.variants[row]), int(board.places[row])
            mean, error, highest, lowest = self.computed.get(variant, (None,) * 4)
            if (mean, error) != (board.mean[row], board.error[row]):
                assert (ranks.best[variant], ranks.worst[variant]) == (0, 0)
                continue
            assert ranks.best[variant] == 1 + sum(each > highest for each in means)
            assert ranks.worst[variant] == sum(each >= lowest for each in means)
            assert ranks.best[variant] <= place <= ranks.worst[variant]
        return True


@given(steps, st.sampled_from([0, computing.FEW_RANKS]))
def test_intervals_are_of_the_state_shown_or_of_the_last_that_was_computed(drawn, few):
    world, boards, plain = World(), Boards(), None
    world.add([Result(f"m-{at}", "x", at / 10, count=50) for at in range(10)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(computing, "FEW_RANKS", few)
        kept = boards.make(world.facts(), RULES)
        for step in drawn:
            if step == "compute":
                boards.take_ranks((RULES, False), kept, ranks_of(kept.board))
                assert shown_are_of_this_state(kept)
                plain = Plain(kept)
            elif step == "another benchmark":
                world.add([Result("m-1", "y", 0.5, count=50)])
            else:
                world.add([Result(f"m-{step[0]}", "x", step[1], count=50, when=world.changes)])
            kept = boards.make(world.facts(), RULES)
            if kept.ranks is None:
                assert few == 0
                assert plain is None
            elif kept.ranks.as_of == kept.board.facts.as_of:
                assert shown_are_of_this_state(kept)
            else:
                assert few == 0
                assert plain.agrees_with(kept)


def test_ranks_that_come_late_are_those_of_a_later_state_only_if_nothing_has_changed(monkeypatch):
    monkeypatch.setattr(computing, "FEW_RANKS", 0)
    world, boards, key = World(), Boards(), (RULES, False)
    world.add([Result(f"m-{at}", "x", at / 10, count=50) for at in range(10)])
    before = boards.make(world.facts(), RULES)
    world.add([Result("m-1", "y", 0.5, count=50)])
    same = boards.make(world.facts(), RULES)
    boards.take_ranks(key, before, ranks_of(before.board))
    assert shown_are_of_this_state(same)
    world.add([Result("m-11", "x", 0.55, count=50)])
    changed = boards.make(world.facts(), RULES)
    boards.take_ranks(key, same, ranks_of(same.board))
    assert changed.ranks.as_of == same.board.facts.as_of < changed.board.facts.as_of
    assert Plain(same).agrees_with(changed)
    assert boards.ranked(changed.board.facts, RULES).ranks.as_of == changed.board.facts.as_of


def test_after_another_load_there_are_no_earlier_intervals(monkeypatch):
    monkeypatch.setattr(computing, "FEW_RANKS", 0)
    world, boards = World(), Boards()
    world.add([Result(f"m-{at}", "x", at / 10, count=50) for at in range(3)])
    kept = boards.make(world.facts(), RULES)
    boards.take_ranks((RULES, False), kept, ranks_of(kept.board))
    again = World(changes=9)
    again.add([Result(f"m-{at}", "x", at / 10, count=50) for at in (2, 1, 3)])
    assert kept.basis.shown(boards.make(again.facts(), RULES).board) is None
    assert boards.make(again.facts(), RULES).ranks is None


def test_a_large_board_gets_intervals_of_few_replicates_at_once_and_all_of_them_later():
    world, boards, key = World(), Boards(), (RULES, False)
    world.add([Result(f"m-{at}", "x", at / 2000, count=50) for at in range(2000)])
    kept = boards.make(world.facts(), RULES)
    assert kept.ranks is not None
    assert kept.ranks.replicates == 500
    boards.take_ranks(key, kept, ranks_of(kept.board))
    assert kept.ranks.replicates == 10_000
    assert boards.ranked(kept.board.facts, RULES).ranks is kept.ranks


async def test_another_process_computes_the_same_intervals():
    world = World()
    world.add([Result(f"m-{at}", "x", at / 300, count=50 if at % 7 else 0) for at in range(300)])
    board = Boards().make(world.facts(), RULES).board
    here, there = ranks_of(board), await ranks_apart(board)
    assert (there.best.tolist(), there.worst.tolist()) == (here.best.tolist(), here.worst.tolist())
    assert (there.as_of, there.replicates) == (here.as_of, here.replicates)


async def test_a_process_that_fails_says_why():
    with pytest.raises(Failed, match=r"ended with 1: \w+Error: "):
        await apart.intervals(np.array([0.5]), np.array([0.1, 0.1]), 200)


def test_a_large_board_is_shown_as_it_was_only_while_it_is_kept_current(monkeypatch):
    monkeypatch.setattr(Kept, "quick", False)
    world, boards = World(), Boards()
    world.add([Result("a", "x", 0.5), Result("b", "x", 0.6)])
    first = world.facts()
    shown = boards.of(first, RULES)
    world.add([Result("c", "x", 0.7)])
    later = world.facts()
    assert boards.of(later, RULES) is shown
    boards.refresh(later)
    assert len(boards.of(later, RULES).board) == 3
    world.add([Result("d", "x", 0.7)])
    boards.of(later, RULES).asked -= current.ACTIVE_SECONDS + 1
    last = world.facts()
    boards.refresh(last)  # nobody looks at it
    assert len(boards.of(last, RULES).board) == 4


def test_a_board_that_nobody_asks_for_is_dropped():
    world, boards = World(), Boards()
    world.add([Result("a", "x", 0.5)])
    facts = world.facts()
    shown = boards.of(facts, RULES)
    boards.refresh(facts)
    assert boards.of(facts, RULES) is shown
    shown.asked -= current.FORGET_SECONDS + 1
    boards.refresh(facts)
    assert boards.of(facts, RULES) is not shown


def test_of_too_many_boards_the_one_that_was_asked_for_the_longest_ago_is_dropped(monkeypatch):
    world, boards = World(), Boards()
    world.add([Result("a", "x", 0.5), Result("b", "x", 0.6)])
    facts = world.facts()
    monkeypatch.setattr(current, "MOST", 2 * len(facts.variants))
    many = [Rules(columns=(Column(benchmark="x", weight=weight),)) for weight in (1, 2, 3)]
    first, second = (boards.of(facts, rules) for rules in many[:2])
    second.asked -= 1
    boards.of(facts, many[2])
    assert boards.of(facts, many[0]) is first
    assert boards.of(facts, many[1]) is not second


def test_a_board_is_kept_that_is_too_large_by_itself(monkeypatch):
    world, boards = World(), Boards()
    world.add([Result("a", "x", 0.5)])
    facts = world.facts()
    monkeypatch.setattr(current, "MOST", 0)
    assert boards.of(facts, RULES) is boards.of(facts, RULES)


@given(st.lists(st.sampled_from([0.0, -0.0, 1.5, -2.0, 7.0, float("inf"), float("nan")])))
def test_equal_keys_stay_in_the_order_of_their_rows(keys):
    keys = np.array(keys, np.float64)
    assert ordered(keys).rows.tolist() == np.argsort(keys, kind="stable").tolist()


@given(drawn=results, later=results)
def test_an_old_state_is_free_as_soon_as_there_is_a_new_one(drawn, later):
    world, boards = World(), Boards()
    world.add(drawn)
    old = world.facts()
    kept = boards.make(old, RULES)
    boards.make(old, RULES, True)
    watched = [ref(each) for each in (old, kept.board, *old.scores)]
    world.add([*later, Result("new", "x", 0.5), Result("new", "y", 0.5)])
    gc.disable()  # it would find what refers to itself, but not for a long time
    try:
        new = world.facts()
        boards.refresh(new)
        for verified in (False, True):
            boards.make(new, RULES, verified)
        boards._maker.forget(each.board for each in boards._kept.values())
        del old, kept
        still = {id(each) for each in (*new.scores, *_boards_and_facts(boards))}
        assert [each() for each in watched if id(each()) not in still | {id(None)}] == []
    finally:
        gc.enable()


def _boards_and_facts(boards: Boards) -> list[object]:
    kept = [each.board for each in boards._kept.values()]
    return [*kept, *(board.facts for board in kept)]


@given(results)
def test_the_models_that_a_board_ranks_are_counted_without_making_it(drawn):
    world = World()
    world.add(drawn)
    facts = world.facts()
    for rules in (RULES, Rules(columns=Chosen()), Rules(columns=(*RULES.columns, Y))):
        counted = Boards().count_ranked(facts, rules)
        assert counted == Boards().make(facts, rules).board.ranked


def test_a_board_that_is_kept_current_is_sorted_before_it_is_shown():
    world, boards = World(), Boards()
    world.add([Result("a", "x", 0.5), Result("b", "x", 0.6)])
    facts = world.facts()
    boards.prepare(facts)
    assert all(sorted_by(kept.board) == SORTS[1:] for kept in boards._kept.values())
    order(boards.of(facts, RULES).board, "-x")
    world.add([Result("c", "x", 0.7)])
    later = world.facts()
    boards.refresh(later)
    board = boards.of(later, RULES).board
    assert board.facts is later
    assert sorted_by(board) == ("x", "-x")
    warm(board, ["gone", "-gone"])  # a benchmark that it no longer has
    assert sorted_by(board) == ("x", "-x")
