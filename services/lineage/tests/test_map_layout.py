"""A map's layouts: nothing overlaps, edges lead onwards, and growth moves little."""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tries import tries

from lineage.map.layout.drawing import GAP, Drawing, Floats
from lineage.map.layout.families import by_families
from lineage.map.layout.layered import by_layers
from lineage.map.layout.packing import around, enclosing
from lineage.map.layout.spreading import spread

fast = settings(max_examples=tries(13), deadline=None, derandomize=True)


def drawing(edges: Iterable[tuple[int, int]], size: int, radii: Floats | None = None) -> Drawing:
    ends = np.array(list(edges), np.int64).reshape(-1, 2)
    radii = np.full(size, 0.4) if radii is None else radii
    return Drawing(ends[:, 0], ends[:, 1], radii, np.arange(size))


@st.composite
def graphs(draw: st.DrawFn) -> Drawing:
    """A graph without a cycle; often with a hub whose many leaves make a block."""
    size = draw(st.integers(1, 40))
    pair = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    pairs = {(max(p), min(p)) for p in draw(st.lists(pair, max_size=90)) if p[0] != p[1]}
    leaves = draw(st.sampled_from([0, 0, 5, 45, 130]))
    hub = draw(st.integers(0, size - 1))
    upwards = draw(st.booleans())
    for leaf in range(size, size + leaves):
        pairs.add((hub, leaf) if upwards else (leaf, hub))
    radii = draw(st.lists(st.floats(0.3, 3.0), min_size=size, max_size=size))
    return drawing(sorted(pairs), size + leaves, np.array(radii + [0.35] * leaves))


def least_gap(x: Floats, y: Floats, radius: Floats) -> float:
    """The least distance between two rims."""
    apart = np.hypot(x[:, None] - x, y[:, None] - y) - radius[:, None] - radius
    np.fill_diagonal(apart, np.inf)
    return float(apart.min())


@given(graph=graphs(), data=st.data())
@fast
def test_in_layers_no_two_nodes_overlap(graph, data):
    placed = by_layers(graph, data.draw(st.none() | st.integers(0, graph.size - 1)))
    assert least_gap(placed.x, placed.y, graph.radius) >= GAP - 1e-6


@given(graph=graphs())
@fast
def test_in_families_no_two_nodes_overlap(graph):
    assert least_gap(*by_families(graph), graph.radius) >= GAP - 1e-4


@given(graph=graphs(), data=st.data())
@fast
def test_every_edge_leads_from_a_layer_to_a_later_one_on_its_right(graph, data):
    placed = by_layers(graph, data.draw(st.none() | st.integers(0, graph.size - 1)))
    assert (placed.layer[graph.parent] < placed.layer[graph.child]).all()
    for layer in set(placed.layer.tolist()):
        here, later = placed.x[placed.layer == layer], placed.x[placed.layer > layer]
        assert later.size == 0 or here.max() < later.min()


@given(graph=graphs(), data=st.data())
@fast
def test_the_focus_is_in_the_middle_between_ancestors_and_descendants(graph, data):
    focus = data.draw(st.integers(0, graph.size - 1))
    placed = by_layers(graph, focus)
    assert (placed.x[focus], placed.y[focus], placed.layer[focus]) == (0, 0, 0)
    assert (placed.layer[graph.child[graph.parent == focus]] > 0).all()
    assert (placed.layer[graph.parent[graph.child == focus]] < 0).all()


@given(graph=graphs(), data=st.data())
@fast
def test_the_order_of_edges_and_of_calls_changes_nothing_in_layers(graph, data):
    shuffled = data.draw(st.permutations(range(len(graph.child))))
    turned = Drawing(graph.child[shuffled], graph.parent[shuffled], graph.radius, graph.age)
    one, other = by_layers(graph, 0), by_layers(turned, 0)
    assert one.layer.tolist() == other.layer.tolist()
    np.testing.assert_allclose(np.stack((one.x, one.y)), np.stack((other.x, other.y)), atol=1e-6)


@given(graph=graphs())
@fast
def test_the_same_graph_has_the_same_families(graph):
    again = Drawing(graph.child.copy(), graph.parent.copy(), graph.radius.copy(), graph.age.copy())
    np.testing.assert_array_equal(by_families(graph), by_families(again))


def grown(graph: Drawing, parent: int) -> Drawing:
    """The graph with one more leaf."""
    return Drawing(
        np.append(graph.child, graph.size),
        np.append(graph.parent, parent),
        np.append(graph.radius, 0.35),
        np.append(graph.age, graph.size),
    )


@given(graph=graphs(), data=st.data())
@fast
def test_a_new_leaf_leaves_the_order_as_it_is_as_far_out_as_itself(graph, data):
    focus = data.draw(st.integers(0, graph.size - 1))
    parent = data.draw(st.sampled_from(sorted({focus, *graph.child.tolist()})))
    before, after = by_layers(graph, focus), by_layers(grown(graph, parent), focus)
    assert before.layer.tolist() == after.layer[:-1].tolist()
    for layer in set(before.layer.tolist()):
        members = np.flatnonzero(before.layer == layer)
        if abs(layer) <= abs(after.layer[-1]) and len(members) < 40:
            members = members[np.argsort(before.y[members])]
            assert (np.diff(after.y[members]) > 0).all()


def stars(sizes: list[int]) -> Drawing:
    """Hubs with leaves; the hubs come first."""
    edges, at = [], len(sizes)
    for hub, size in enumerate(sizes):
        edges += [(leaf, hub) for leaf in range(at, at + size)]
        at += size
    return drawing(edges, at)


def test_most_new_leaves_move_no_other_model_of_the_whole_graph():
    sizes = [120, 91, 55, 41, 30, 24, 22, 21, 20, 19, 15, 15, 14, 11, 8, 7, 5, 5, 4, 3, 2, 1]
    graph = stars(sizes)
    before = np.stack(by_families(graph))
    still = 0
    for hub in range(len(sizes)):
        after = np.stack(by_families(grown(graph, hub)))
        still += int(np.allclose(before, after[:, :-1]))
    assert still >= 0.7 * len(sizes)


def test_a_new_leaf_moves_no_sibling():
    for size in range(1, 150):
        before, after = (np.stack(by_families(stars([count]))) for count in (size, size + 1))
        np.testing.assert_allclose(before, after[:, :-1])


def test_models_lie_next_to_the_parent_that_their_first_edge_names():
    graph = drawing([(2, 1), (2, 0), (3, 0), (4, 1)], 5)
    x, y = by_families(graph)
    to_first, to_second = (np.hypot(x[2] - x[p], y[2] - y[p]) for p in (1, 0))
    assert to_first < to_second


@given(
    core=st.floats(0.3, 60),
    radii=st.lists(st.floats(0.3, 30), min_size=1, max_size=40),
    copies=st.integers(1, 12),
)
@fast
def test_packed_circles_do_not_overlap_and_lie_in_the_circle_around_them(core, radii, copies):
    falling = np.sort(np.array(radii * copies))[::-1]
    places = np.append(0, around(core, falling))
    all_radii = np.append(core, falling)
    assert least_gap(places.real, places.imag, all_radii) >= GAP - 1e-4
    middle, radius = enclosing(places, all_radii)
    rims = np.abs(places - middle) + all_radii
    assert rims.max() == pytest.approx(radius)
    widest = np.abs(places[:, None] - places) + all_radii[:, None] + all_radii
    assert radius <= 1.2 * max(widest.max() / 2, all_radii.max())


@given(
    wishes=st.lists(
        st.tuples(st.floats(-50, 50), st.floats(0.1, 3), st.floats(0.01, 9)),
        min_size=1,
        max_size=12,
    )
)
@fast
def test_spread_items_are_as_near_to_their_wishes_as_they_can_be(wishes):
    wished, half, weight = np.array(wishes).T
    found = spread(wished, half, weight)
    offset = np.cumsum(half) * 2 - half
    values, count = wished - offset, len(wished)

    def mean(start: int, end: int) -> float:
        return float(np.average(values[start : end + 1], weights=weight[start : end + 1]))

    # The textbook's formula of isotonic regression: the largest of the least means.
    best = [
        max(min(mean(j, k) for k in range(i, count)) for j in range(i + 1)) for i in range(count)
    ]
    np.testing.assert_allclose(found - offset, best, atol=1e-6)


def preferential(size: int, edges: int, seed: int = 1) -> Drawing:
    """A graph in which few models have most of the children."""
    random = np.random.default_rng(seed)
    child = random.integers(1, size, edges)
    parent = np.minimum((child * random.random(edges) ** 4).astype(np.int64), child - 1)
    children = np.bincount(parent, minlength=size)
    radii = np.minimum(0.35 + np.log1p(children) / 4, 3.0)
    return Drawing(child, parent, radii, np.arange(size))


@pytest.mark.parametrize(("size", "seconds"), [(2_000, 0.2), (50_000, 3.0)])
def test_layouts_take_little_processor_time(size, seconds):
    graph = preferential(size, 2 * size)
    for layout in (by_families, lambda graph: by_layers(graph, 0)):
        layout(graph)  # the first call imports and caches
        begun = time.process_time()
        layout(graph)
        assert time.process_time() - begun < seconds
