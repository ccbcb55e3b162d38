"""The demo's two skills: written dates to ISO 8601, and plain requests to SQL.

Every item belongs to exactly one split. A hash of what the item asks for (the date; the query
without its number) determines the split, so training never uses a held-out date or query, in any
wording.

`python skills.py` writes the held-out items to `tasks/<skill>.jsonl`.
"""

import hashlib
import json
import random
import re
from calendar import month_abbr, month_name, monthrange
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

TASKS = Path(__file__).parent / "tasks"
HELD_OUT_ITEMS = 100

Split = Literal["train", "validation", "held-out"]

DATE_WORDINGS = (
    "{day} {month} {year}",
    "{month} {day}, {year}",
    "{day} {short} {year}",
    "{short} {day}, {year}",
    "{nth} {month} {year}",
    "{month} {nth}, {year}",
    "the {nth} of {month} {year}",
    "the {word} of {month} {year}",
    "{month} the {word}, {year}",
)
ONES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
TEENS = [f"{stem}teenth" for stem in ("thir", "four", "fif", "six", "seven", "eigh", "nine")]
ORDINALS = [*ONES, "tenth", "eleventh", "twelfth", *TEENS, "twentieth"]
ORDINALS += [*(f"twenty-{one}" for one in ONES), "thirtieth", "thirty-first"]

COLUMNS = {
    "users": ("age", "score", "visits"),
    "orders": ("total", "weight", "discount"),
    "products": ("price", "stock", "rating"),
    "books": ("pages", "year", "price"),
    "films": ("length", "rating", "budget"),
    "cities": ("area", "population", "rainfall"),
    "cars": ("speed", "price", "mileage"),
    "employees": ("salary", "age", "bonus"),
}
AGGREGATES = {"AVG": "average", "MAX": "highest", "MIN": "lowest", "SUM": "total"}
OPERATORS = {">": "over", "<": "under", ">=": "of at least", "<=": "of at most"}
ORDERS = {"DESC": "highest", "ASC": "lowest"}
AGGREGATE_WORDINGS = ("{word} {column} of {table}", "what is the {word} {column} of all {table}?")
COUNT_WORDINGS = (
    "how many {table} have {column} {word} {n}?",
    "count {table} with {column} {word} {n}",
)
FILTER_WORDINGS = ("{table} with {column} {word} {n}", "show all {table} with {column} {word} {n}")
TOP_WORDINGS = ("the {n} {table} with the {word} {column}", "{n} {table} of {word} {column}")


@dataclass(frozen=True)
class Item:
    """One question: what the model reads, and the only answer that counts."""

    prompt: str
    answer: str


def ordinal(day: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st, ..."""
    last = 0 if 10 < day < 20 else day % 10
    return f"{day}{('th', 'st', 'nd', 'rd')[last] if last < 4 else 'th'}"


def make_date(rng: random.Random) -> Item:
    """A date of the years 1900 to 2099 in words, and its ISO 8601 form."""
    year, month = rng.randint(1900, 2099), rng.randint(1, 12)
    day = rng.randint(1, monthrange(year, month)[1])
    text = rng.choice(DATE_WORDINGS).format(
        day=day,
        nth=ordinal(day),
        word=ORDINALS[day - 1],
        month=month_name[month],
        short=month_abbr[month],
        year=year,
    )
    return Item(f"{text}\nISO date:", f"{year}-{month:02}-{day:02}")


def make_query(rng: random.Random) -> Item:
    """A request over one table, and its SQL."""
    table = rng.choice(list(COLUMNS))
    column, n = rng.choice(COLUMNS[table]), rng.randint(2, 99)
    wordings, word, answer = rng.choice((_aggregate, _count, _filter, _top))(rng, table, column, n)
    text = rng.choice(wordings).format(table=table, column=column, word=word, n=n)
    return Item(f"{text}\nSQL:", f"SELECT {answer}")


Shape = tuple[tuple[str, ...], str, str]


def _aggregate(rng: random.Random, table: str, column: str, _: int) -> Shape:
    function, word = rng.choice(list(AGGREGATES.items()))
    return AGGREGATE_WORDINGS, word, f"{function}({column}) FROM {table}"


def _count(rng: random.Random, table: str, column: str, n: int) -> Shape:
    sign, word = rng.choice(list(OPERATORS.items()))
    return COUNT_WORDINGS, word, f"COUNT(*) FROM {table} WHERE {column} {sign} {n}"


def _filter(rng: random.Random, table: str, column: str, n: int) -> Shape:
    sign, word = rng.choice(list(OPERATORS.items()))
    return FILTER_WORDINGS, word, f"* FROM {table} WHERE {column} {sign} {n}"


def _top(rng: random.Random, table: str, column: str, n: int) -> Shape:
    order, word = rng.choice(list(ORDERS.items()))
    return TOP_WORDINGS, word, f"* FROM {table} ORDER BY {column} {order} LIMIT {n}"


SKILLS: dict[str, Callable[[random.Random], Item]] = {"dates": make_date, "sql": make_query}


def split_of(item: Item) -> Split:
    """The one split an item belongs to: 70 % train, 10 % validation, 20 % held-out."""
    asked = item.answer
    if asked.startswith("SELECT"):
        asked = re.sub(r"\d+", "?", asked)
    place = int.from_bytes(hashlib.sha256(asked.encode()).digest()[:4], "big") % 10
    return "held-out" if place < 2 else "validation" if place < 3 else "train"


def make_items(skill: str, split: Split, count: int, seed: int = 0) -> list[Item]:
    """`count` different items of one split, the same ones for the same arguments."""
    rng = random.Random(f"{skill} {split} {seed}")
    found: dict[Item, None] = {}
    while len(found) < count:
        item = SKILLS[skill](rng)
        if split_of(item) == split:
            found[item] = None
    return list(found)


def held_out_lines(skill: str) -> str:
    """The text of `tasks/<skill>.jsonl`."""
    items = make_items(skill, "held-out", HELD_OUT_ITEMS)
    # Readers of JSON Lines take a bare "1994-05-03" for a timestamp; the metric drops the space.
    rows = ({"prompt": item.prompt, "answer": f" {item.answer}"} for item in items)
    return "".join(json.dumps(row) + "\n" for row in rows)


if __name__ == "__main__":
    for name in SKILLS:
        (TASKS / f"{name}.jsonl").write_text(held_out_lines(name), encoding="utf-8")
