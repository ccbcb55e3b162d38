"""The generator gives its authors' published vectors, and the documented keys."""

from __future__ import annotations

import numpy as np
import pytest

from merge_worker.engine.kernels.randomness import draw, draw_key, draw_tile, philox

ONES = 0xFFFFFFFF
DOCUMENTED = {
    0: 0x15DA20A7,
    1: 0x8EE3D48C,
    2: 0xDDD59A9C,
    3: 0xEDDDEC4C,
    4: 0x348374D1,
    1 << 34: 0xF0A7A254,
}
"""The words in the module's docstring, by element."""


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # Random123, kat_vectors, philox4x32-10
        (
            (0, 0, 0, 0),
            (0, 0),
            (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
        ),
        (
            (ONES, ONES, ONES, ONES),
            (ONES, ONES),
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_words(
    counter: tuple[int, ...], key: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    found = philox(*(np.uint64(word) for word in (*counter, *key)))
    assert tuple(int(word) for word in found) == expected


def test_the_draws_of_a_tensor_are_the_documented_ones() -> None:
    key = draw_key(7, "org/model", "model.norm.weight")
    assert key == 0x2481168CAA715D6C
    for index, word in DOCUMENTED.items():
        found = draw(np.uint64(index), np.uint64(key))
        assert (type(found), found) == (np.float32, (word >> 8) / 2**24)


@pytest.mark.parametrize(
    ("first", "count"), [(0, 9), (5, 1), (6, 3), (7, 4), (2048, 8), ((1 << 34) - 5, 10)]
)
def test_a_tile_has_the_draws_of_its_elements(first: int, count: int) -> None:
    key, out = np.uint64(draw_key(0, "m", "t")), np.full(24, -1, np.float32)
    draw_tile(key, first, count, out)
    expected = [draw(np.uint64(first + j), key) for j in range(count)]
    end = first % 4 + count
    assert out[first % 4 : end].tolist() == expected
    assert (out[end + -end % 4 :] == -1).all()


def test_keys_differ_by_each_of_their_parts() -> None:
    keys = {
        draw_key(seed, model, tensor)
        for seed in (0, 1)
        for model in ("a", "b")
        for tensor in ("x", "y")
    }
    assert len(keys) == 8


def test_draws_are_spread_evenly_below_one() -> None:
    key, out = np.uint64(draw_key(0, "m", "t")), np.empty(4000, np.float32)
    draw_tile(key, 0, 4000, out)
    assert out.min() >= 0
    assert out.max() < 1
    assert abs((out < 0.5).mean() - 0.5) < 0.03
