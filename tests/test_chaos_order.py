"""A seed determines the order of faults and that of submissions."""

from __future__ import annotations

from itertools import islice
from types import SimpleNamespace
from typing import Any

from chaos.dishes import Menu, submissions
from chaos.storm import CATALOGUE, drawn

PARTS = ["registry-api-0", "registry-api-1", "registry-background-0", "worker-0", "worker-1"]


def world(small_disks: bool = True) -> Any:
    stack = SimpleNamespace(names=lambda kind: [n for n in PARTS if kind in n], scratch=[0, 1, 2])
    return SimpleNamespace(stack=stack, small_disks=small_disks)


def order(seed: int, **options: bool) -> list[tuple[str, str, float]]:
    drawing = islice(drawn(world(**options), seed), 200)
    return [(fault.name, target, rng.random()) for fault, target, rng in drawing]


def test_the_same_seed_brings_the_same_faults() -> None:
    assert order(1) == order(1)
    assert order(1) != order(2)


def test_every_kind_of_fault_comes_before_any_comes_twice() -> None:
    first = [fault for fault, *_ in order(3)[: len(CATALOGUE)]]
    assert sorted(first) == sorted(fault.name for fault in CATALOGUE)


def test_without_small_disks_the_order_of_the_others_stays() -> None:
    others = [each for each in order(5) if not each[0].startswith("fill ")]
    assert order(5, small_disks=False)[: len(others)] == others


def test_the_same_seed_brings_the_same_submissions() -> None:
    menu = Menu("b4e0b1a6-4f1a-4b3f-9b6e-0f1d2c3b4a59")
    assert list(submissions(menu, 50, 60, 1)) == list(submissions(menu, 50, 60, 1))
    assert list(submissions(menu, 50, 60, 1)) != list(submissions(menu, 50, 60, 2))
