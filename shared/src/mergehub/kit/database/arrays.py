"""Thousands of whole numbers as one parameter: an array in PostgreSQL's own text form.

asyncpg looks at each element of a list to see whether it is a list as well. That takes ten times as
long as PostgreSQL needs to read the number from a text.
"""

from __future__ import annotations

from collections.abc import Collection


def array(numbers: Collection[int | None]) -> str:
    """The numbers for `of_numbers`, such as `{1, 2, NULL}`."""
    return f"{{{str(list(numbers))[1:-1]}}}".replace("None", "NULL")


def of_numbers(parameter: str, type: str = "bigint") -> str:
    """The SQL of a parameter, such as `:ids` or `$1`, that `array` has written."""
    return f"CAST(CAST({parameter} AS text) AS {type}[])"
