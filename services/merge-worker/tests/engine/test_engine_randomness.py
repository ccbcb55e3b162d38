"""The generator against the vectors that its authors published, and the documented keys."""

from __future__ import annotations

import numpy as np
import pytest

from merge_worker.engine.randomness import draw, draw_key, keep_below, philox

ONES = 0xFFFFFFFF


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
    draws = [int(draw(np.uint64(index), np.uint64(key))) for index in (0, 1, 1 << 32)]
    assert draws == [0x15DA20A7, 0x348374D1, 0xF0A7A254]


def test_keys_differ_by_each_of_their_parts() -> None:
    keys = {
        draw_key(seed, model, tensor)
        for seed in (0, 1)
        for model in ("a", "b")
        for tensor in ("x", "y")
    }
    assert len(keys) == 8


def test_the_bound_of_a_probability_covers_none_and_all() -> None:
    assert keep_below(0.0) == 0
    assert keep_below(0.5) == 1 << 31
    assert keep_below(1.0) == 1 << 32


def test_draws_are_spread_evenly() -> None:
    key = np.uint64(draw_key(0, "m", "t"))
    draws = np.array([int(draw(np.uint64(i), key)) for i in range(4000)])
    assert abs((draws < 1 << 31).mean() - 0.5) < 0.03
