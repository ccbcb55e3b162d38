"""What is asked of the leaderboard, with three filters each time and in every order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import numpy as np

from benchmarks.leaderboard.results import (
    DOMAINS,
    FAMILIES,
    LICENCES,
    METHODS,
    PRECISIONS,
    ROOTS,
    SIZES,
    WITH_ITEMS,
    Made,
    name,
)
from benchmarks.lineage.questions import Question, Target

BOARDS = ("overall", "open-llm-v2", "reasoning", "knowledge", "maths")
SORTS = ("mean", "-mean", "name", "size", "date", "uplift", "gsm8k")
PAGE = (Target(0.5, 0.015), Target(0.99, 0.060))
TABLE = (Target(0.99, 0.2),)
PAGES = 400
LISTS = 300


def questions(made: Made) -> Iterator[Question]:
    """The questions and their targets."""
    draw = random.Random(16)
    paths = [_page(draw) for _ in range(PAGES)]
    yield Question("board pages with three filters", paths, PAGE)
    facets = [path.replace("?", "/facets?") for path in map(_without_sort, paths[:60])]
    yield Question("facets with three filters", facets, PAGE)
    points = [path.replace("?", "/points?") for path in map(_without_sort, paths[:60])]
    yield Question("5,000 points with three filters", points, (Target(0.99, 0.2),))
    merges = np.flatnonzero(made.merge).tolist()
    paired = [number for number in merges if number < WITH_ITEMS]
    for what, numbers in (("by item", paired), ("from scores", merges)):
        asked = [f"/v1/uplift?model={quote(name(draw.choice(numbers)))}" for _ in range(300)]
        yield Question(f"uplift of a merge, {what}", asked, (Target(0.99, 0.03),))
    yield Question("table by method and base", [_table(path) for path in facets], TABLE)
    lists = [_list(draw, made) for _ in range(LISTS)]
    yield Question("results with up to three filters", lists, (Target(0.99, 0.05),))


def _table(path: str) -> str:
    board, chosen = path.removeprefix("/v1/boards/").split("/facets?")
    return f"/v1/uplift/table?board={board}&{chosen}"


def _list(draw: random.Random, made: Made) -> str:
    setting = draw.choice(made.settings)
    filters = [
        ("model", name(draw.randrange(made.models))),
        ("benchmark", setting.name),
        ("version", setting.version),
        ("source", "imported"),
        ("precision", draw.choice(PRECISIONS)),
        ("origin", "bench"),
        ("history", "true"),
    ]
    return f"/v1/results?{urlencode(draw.sample(filters, draw.randrange(4)))}"


def _page(draw: random.Random) -> str:
    board = draw.choice(BOARDS)
    sorts = SORTS if board in ("overall", "maths") else SORTS[:-1]
    chosen = dict(draw.sample(_filters(draw), 3))
    return f"/v1/boards/{board}?{urlencode(chosen | {'sort': draw.choice(sorts)})}"


def _without_sort(path: str) -> str:
    return path[: path.index("&sort=")]


def _filters(draw: random.Random) -> list[tuple[str, str]]:
    size = draw.choice(SIZES[:-1])
    return [
        ("q", draw.choice(("model-1", "maker-77", "9", "maker", "nothing"))),
        ("method", draw.choice(METHODS)),
        ("base", name(draw.randrange(ROOTS))),
        ("family", draw.choice(FAMILIES)),
        ("domain", draw.choice(DOMAINS)),
        ("precision", draw.choice(PRECISIONS)),
        ("licence", draw.choice([each for each in LICENCES if each])),
        ("size_min", str(size)),
        ("since", f"202{draw.choice('45')}-0{draw.randrange(1, 10)}-01"),
        ("merged", draw.choice(("true", "false"))),
        ("flagged", "false"),
    ]
