"""Random numbers without state: Philox4x32-10, a generator that is a function of a counter.

J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: Parallel random numbers: as easy as 1, 2, 3
(SC '11). With c = i div 4, the draw for element i of tensor T of ingredient M under seed S is word
i mod 4 of Philox4x32-10 at counter (c mod 2³², c div 2³², 0, 0) under a key made of (S, M, T) by
`draw_key`; its upper 24 bits, divided by 2²⁴, are a number in [0, 1). It depends on nothing else,
so blocks, threads, devices and restarts do not change it.

Test vector: seed 7, ingredient "org/model", tensor "model.norm.weight" give the key
0x2481168CAA715D6C and, for i = 0, 1, 2, 3, 4 and 2³⁴, the words
0x15DA20A7, 0x8EE3D48C, 0xDDD59A9C, 0xEDDDEC4C, 0x348374D1, 0xF0A7A254.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from merge_worker.engine.machine.compilable import compilable

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_0 = np.uint64(0)
_2 = np.uint64(2)
_3 = np.uint64(3)
_8 = np.uint64(8)
_QUANTUM = np.float32(2.0**-24)


def draw_key(seed: int, ingredient: str, tensor: str) -> int:
    """The key as a 64-bit number: the first 8 bytes, little endian, of a SHA-256.

    The text hashed is `seed`, `ingredient` (its reference as the recipe writes it) and `tensor`
    (its name in that ingredient), in UTF-8 and separated by NUL. The low half of the
    key is its first word.
    """
    digest = hashlib.sha256(f"{seed}\0{ingredient}\0{tensor}".encode()).digest()
    return int.from_bytes(digest[:8], "little")


@compilable
def philox_round(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """One round on four counter words and two key words, each 32 bits held in a uint64."""
    p0 = _MULTIPLIER_0 * c0
    p1 = _MULTIPLIER_1 * c2
    return (p1 >> _32) ^ c1 ^ k0, p1 & _LOW, (p0 >> _32) ^ c3 ^ k1, p0 & _LOW


@compilable
def bump(key: Any, weyl: Any) -> Any:
    """The next round's key word."""
    return (key + weyl) & _LOW


@compilable
def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Philox4x32-10: four words from a counter of four and a key of two, all as uint64.

    The rounds are written out because a loop here would prevent the loop over the elements from
    becoming vector instructions.
    """
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
    k0, k1 = bump(k0, _WEYL_0), bump(k1, _WEYL_1)
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
    k0, k1 = bump(k0, _WEYL_0), bump(k1, _WEYL_1)
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
    k0, k1 = bump(k0, _WEYL_0), bump(k1, _WEYL_1)
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
    k0, k1 = bump(k0, _WEYL_0), bump(k1, _WEYL_1)
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
    k0, k1 = bump(k0, _WEYL_0), bump(k1, _WEYL_1)
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
    k0, k1 = bump(k0, _WEYL_0), bump(k1, _WEYL_1)
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
    k0, k1 = bump(k0, _WEYL_0), bump(k1, _WEYL_1)
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
    k0, k1 = bump(k0, _WEYL_0), bump(k1, _WEYL_1)
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
    k0, k1 = bump(k0, _WEYL_0), bump(k1, _WEYL_1)
    return philox_round(c0, c1, c2, c3, k0, k1)


@compilable
def uniform(word: Any) -> Any:
    """The upper 24 bits of a word as a float32 in [0, 1), which holds them exactly."""
    return np.float32(word >> _8) * _QUANTUM


@compilable
def draw(index: Any, key: Any) -> Any:
    """The draw of element `index` under a key, both uint64, as a float32 in [0, 1)."""
    counter = index >> _2
    words = philox(counter & _LOW, counter >> _32, _0, _0, key & _LOW, key >> _32)
    return uniform(words[index & _3])


@compilable
def draw_tile(key: Any, first: int, count: int, out: Any) -> None:
    """The draws of elements [first, first + count), from `out[first % 4]` on.

    Elements are drawn in fours, so up to three before the first and after the last are included.
    """
    k0, k1 = key & _LOW, key >> _32
    counter = np.uint64(first // 4)
    for j in range((first % 4 + count + 3) // 4):
        at = counter + np.uint64(j)
        words = philox(at & _LOW, at >> _32, _0, _0, k0, k1)
        out[4 * j] = uniform(words[0])
        out[4 * j + 1] = uniform(words[1])
        out[4 * j + 2] = uniform(words[2])
        out[4 * j + 3] = uniform(words[3])
