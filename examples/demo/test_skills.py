"""The demo's data is reproducible, its splits are disjoint, and its answers are right."""

import re
import sqlite3
from datetime import date, datetime

import pytest
from skills import (
    COLUMNS,
    HELD_OUT_ITEMS,
    ORDINALS,
    SKILLS,
    TASKS,
    Item,
    held_out_lines,
    make_items,
    ordinal,
    split_of,
)

WORDS = {"over": ">", "under": "<", "at least": ">=", "at most": "<="}


@pytest.mark.parametrize("skill", SKILLS)
def test_the_same_seed_gives_the_same_items(skill: str) -> None:
    assert make_items(skill, "train", 50, seed=3) == make_items(skill, "train", 50, seed=3)
    assert make_items(skill, "train", 50, seed=3) != make_items(skill, "train", 50, seed=4)


@pytest.mark.parametrize("skill", SKILLS)
def test_the_committed_items_are_what_the_generator_makes(skill: str) -> None:
    committed = (TASKS / f"{skill}.jsonl").read_text(encoding="utf-8")
    assert committed == held_out_lines(skill)
    assert committed.count("\n") == HELD_OUT_ITEMS


@pytest.mark.parametrize("skill", SKILLS)
def test_no_held_out_answer_is_ever_trained_on(skill: str) -> None:
    held_out = {_asked(item) for item in make_items(skill, "held-out", HELD_OUT_ITEMS)}
    trained = {_asked(item) for item in make_items(skill, "train", 2400)}
    validated = {_asked(item) for item in make_items(skill, "validation", 100)}
    assert held_out.isdisjoint(trained | validated)
    assert trained.isdisjoint(validated)


@pytest.mark.parametrize("skill", SKILLS)
def test_an_item_is_in_the_split_it_was_made_for(skill: str) -> None:
    for item in make_items(skill, "validation", 50):
        assert split_of(item) == "validation"


def test_dates_are_the_dates_their_words_say() -> None:
    for item in make_items("dates", "held-out", HELD_OUT_ITEMS):
        assert _read_date(item.prompt).isoformat() == item.answer


def test_queries_find_what_the_requests_ask_for() -> None:
    database = _database()
    for item in make_items("sql", "held-out", HELD_OUT_ITEMS):
        found = database.execute(item.answer).fetchall()
        assert found == database.execute(_read_request(item.prompt)).fetchall(), item


@pytest.mark.parametrize(
    ("day", "written"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (13, "13th"), (22, "22nd")],
)
def test_ordinals_are_written_as_in_english(day: int, written: str) -> None:
    assert ordinal(day) == written


def test_every_day_of_a_month_has_a_word() -> None:
    assert len(ORDINALS) == 31
    assert (ORDINALS[11], ORDINALS[12], ORDINALS[20]) == ("twelfth", "thirteenth", "twenty-first")


def _asked(item: Item) -> str:
    """The date, or the query whatever its number."""
    return re.sub(r"\d+$", "?", item.answer) if "SELECT" in item.answer else item.answer


def _read_date(prompt: str) -> date:
    """Read the written date with the standard library's parser."""
    text = prompt.removesuffix("\nISO date:").replace(",", "")
    for day, word in reversed(list(enumerate(ORDINALS, start=1))):
        text = text.replace(word, str(day))
    text = re.sub(r"\b(the|of)\b", "", re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", text))
    for form in ("%d %B %Y", "%B %d %Y", "%d %b %Y", "%b %d %Y"):
        try:
            return datetime.strptime(" ".join(text.split()), form).date()
        except ValueError:
            continue
    raise AssertionError(f"not a date: {prompt}")


def _read_request(prompt: str) -> str:
    """Write the query a second way, from the words of the request alone."""
    text = prompt.removesuffix("\nSQL:")
    table = next(name for name in COLUMNS if re.search(rf"\b{name}\b", text))
    # The last one named: a "total discount" is a sum over the column "discount".
    column = max(COLUMNS[table], key=text.rfind)
    number = re.search(r"\d+", text)
    if number is None:
        words = {"average ": "avg", "highest ": "max", "lowest ": "min", "total ": "sum"}
        return f"select {next(words[w] for w in words if w in text)}({column}) from {table}"
    sign = next((sign for word, sign in WORDS.items() if f"{word} {number[0]}" in text), None)
    if sign is None:
        order = "desc" if "highest" in text else "asc"
        return f"select * from {table} order by {column} {order} limit {number[0]}"
    wanted = "count(*)" if text.startswith(("how many", "count")) else "*"
    return f"select {wanted} from {table} where {column} {sign} {number[0]}"


def _database() -> sqlite3.Connection:
    """Every table with 120 rows, each column in an order of its own."""
    database = sqlite3.connect(":memory:")
    for table, columns in COLUMNS.items():
        database.execute(f"create table {table} ({', '.join(columns)})")
        rows = [[row * step % 127 for step in (3, 5, 7)] for row in range(120)]
        database.executemany(f"insert into {table} values (?, ?, ?)", rows)
    return database
