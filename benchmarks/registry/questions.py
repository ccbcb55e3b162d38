"""What is asked of the registry: words and filters, pages deep in a list, and mistakes."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from benchmarks.lineage.server import Client
from benchmarks.registry import processor
from benchmarks.registry.made import DOMAINS, FAMILIES, LICENCES, SIZES, TOPICS
from benchmarks.registry.shapes import SHAPES

METHODS = sorted({shape.method for shape in SHAPES})
DEEP = 100
"""So many pages of one search."""
LONG = 6


def searches(count: int) -> Iterator[str]:
    """Words with three filters, as the parameters of a search."""
    draw = random.Random(5)
    for _ in range(count):
        words = draw.choice((draw.choice(TOPICS), f"{draw.choice(FAMILIES)} {draw.choice(TOPICS)}"))
        yield urlencode([("q", words), *draw.sample(_filters(draw), 3)])


def long_words(count: int, *, mistaken: bool) -> list[str]:
    """Long words with three filters; mistaken: two letters of each word are swapped."""
    draw, long = random.Random(6), [topic for topic in TOPICS if len(topic) >= LONG]
    asked = []
    for _ in range(count):
        word = draw.choice(long)
        filters = draw.sample(_filters(draw), 3)
        written = f"{word[:2]}{word[3]}{word[2]}{word[4:]}" if mistaken else word
        asked.append(urlencode([("q", written), *filters]))
    return asked


def _filters(draw: random.Random) -> list[tuple[str, str]]:
    return [
        ("method", draw.choice(METHODS)),
        ("base", draw.choice(("mistral", "llama", "qwen2", draw.choice(SIZES)))),
        ("tag", draw.choice(TOPICS)),
        ("domain", draw.choice(DOMAINS)),
        ("licence", draw.choice([each for each in LICENCES if each])),
        ("parameter", f"density{draw.choice('<>')}0.5"),
        ("ingredients", f"{draw.choice((2, 3))}..4"),
        ("stars", f">={draw.randrange(3)}"),
    ]


@dataclass(frozen=True)
class Times:
    """Seconds of each question: as it was waited for, and as processors worked for the service."""

    waited: list[float]
    worked: list[float]


def timed(asker: Iterable[object], pid: int) -> Times:
    """The seconds that each step of an iteration takes, and that it takes a process."""
    times = Times([], [])
    before, began = processor.seconds(pid), time.perf_counter()
    for _ in asker:
        times.waited.append(time.perf_counter() - began)
        times.worked.append(processor.seconds(pid) - before)
        before, began = processor.seconds(pid), time.perf_counter()
    return times


def pages_with_facets(client: Client, asked: Iterable[str]) -> Iterator[bytes]:
    """Each first page with its facets: two requests, one after the other."""
    for search in asked:
        client.get(f"/v1/recipes?{search}&limit=20")
        yield client.get(f"/v1/recipes/facets?{search}")


def pages(client: Client, asked: Iterable[str]) -> Iterator[bytes]:
    """Each first page."""
    for search in asked:
        yield client.get(f"/v1/recipes?{search}&limit=20")


def deep_pages(client: Client, search: str) -> Iterator[bytes]:
    """The pages of one search, one after the other, the first included."""
    path = f"/v1/recipes?{search}&limit=20"
    for _ in range(DEEP):
        page = client.get(path)
        yield page
        cursor = json.loads(page)["next_cursor"]
        if cursor is None:
            return
        path = f"/v1/recipes?{search}&limit=20&cursor={quote(cursor)}"
