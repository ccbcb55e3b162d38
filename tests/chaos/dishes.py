"""The submissions: small merges of many kinds, and evaluations."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

SHARED_NAME = "chaos/soup"  # the name of many different merges, of which the newest counts
MADE_UP = ("arithmetic", "logic", "words")  # benchmarks whose scores the chaos makes up
AGAIN = "again"  # the dish that merges another run's model


def _entry(model: str, **parameters: float) -> dict[str, Any]:
    return {"model": model, "parameters": parameters} if parameters else {"model": model}


def _recipes() -> dict[str, dict[str, Any]]:
    left_right = [_entry("left", weight=0.6, density=0.5), _entry("right", weight=0.4, density=0.5)]
    deep = [_entry(f"deep-{name}", weight=1, density=0.5) for name in ("left", "right")]
    return {
        "linear": {
            "merge_method": "linear",
            "models": [_entry("left", weight=0.5), _entry("right", weight=0.5)],
        },
        "ties": {"merge_method": "ties", "base_model": "base", "models": left_right},
        "dare": {"merge_method": "dare_ties", "base_model": "base", "models": left_right},
        "slerp": {
            "merge_method": "slerp",
            "base_model": "left",
            "models": [_entry("left"), _entry("right")],
            "parameters": {"t": 0.3},
        },
        "adapter": {
            "merge_method": "task_arithmetic",
            "base_model": "base",
            "models": [_entry("left", weight=0.5), _entry("base+adapter", weight=1.0)],
        },
        "deep": {"merge_method": "ties", "base_model": "deep-base", "models": deep},
    }


@dataclass(frozen=True)
class Menu:
    """The recipes by name; `first` is the run whose model the dish `again` merges."""

    first: str | None = None

    @property
    def names(self) -> list[str]:
        return [*_recipes(), *([AGAIN] if self.first else [])]

    def recipe(self, dish: str) -> str:
        if dish != AGAIN:
            return yaml.safe_dump(_recipes()[dish])
        models = [_entry(f"run:{self.first}", weight=0.7), _entry("right", weight=0.3)]
        return yaml.safe_dump({"merge_method": "linear", "models": models})

    def merge(self, dish: str, model_name: str) -> dict[str, Any]:
        """The body of a merge. A dish has one seed, so that its output is always the same."""
        body = {"kind": "merge", "recipe": self.recipe(dish), "model_name": model_name}
        return body | {"seed": 7, "hardware": "cpu"}


@dataclass(frozen=True)
class Submission:
    """One wish of a client: what to submit, when, and how."""

    number: int
    key: str
    body: Mapping[str, Any]
    dish: str
    due: float
    twice: bool  # the same request twice at once, with one key
    replay: bool  # the same request again, long after it was answered
    cancel: float | None  # after how many seconds to cancel it


def submissions(menu: Menu, runs: int, seconds: float, seed: int) -> Iterator[Submission]:
    """`runs` wishes spread over `seconds`; the same for the same seed."""
    rng = random.Random(f"submissions {seed}")
    measured = range(50, runs, 100)  # by the real harness, which takes long
    for number in range(runs):
        dish = "measured" if number in measured else rng.choice([*menu.names, "made up"])
        yield Submission(
            number=number,
            key=f"chaos-{seed}-{number}",
            body=_body(menu, dish, number, rng),
            dish=dish,
            due=seconds * number / runs,
            twice=rng.random() < 0.15,
            replay=rng.random() < 0.15,
            cancel=rng.uniform(0, 6) if rng.random() < 0.05 else None,
        )


def _body(menu: Menu, dish: str, number: int, rng: random.Random) -> dict[str, Any]:
    model = rng.choice(["base", "left", "right", f"run:{menu.first}"])
    match dish:
        case "made up":
            names = rng.sample(MADE_UP, rng.randint(1, 3))
            # No worker of the stack listens for GPUs: the chaos claims these itself.
            return {"kind": "evaluate", "model": model, "benchmarks": names, "hardware": "gpu"}
        case "measured":
            return {"kind": "evaluate", "model": model, "benchmarks": ["next"], "hardware": "cpu"}
        case _:
            name = SHARED_NAME if rng.random() < 0.1 else f"chaos/{dish}-{number}"
            return menu.merge(dish, name)
