"""Recipes that were found as a table, the counts of facets, and what is said besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from mergehub.cli.output import table

Answer = Mapping[str, Any]
MOST_NAMED = 3


def recipe_table(items: Sequence[Answer]) -> Table:
    """A line for each recipe; with its likeness, if that was asked for."""
    alike = "likeness" in items[0]
    first = ["like"] if alike else []
    shown = table(
        *first, "recipe", "method", "base", "models", "stars", "uplift", "reproduced", "title"
    )
    for each in items:
        likeness = [f"{each['likeness']:.2f}"] if alike else []
        uplift = "" if each["uplift"] is None else f"{each['uplift']:+.1f}"
        shown.add_row(
            *likeness,
            f"{each['owner']}/{each['name']}",
            each["version"]["method"],
            each["base"] or "",
            str(each["ingredients"]),
            _count(each, "stars"),
            uplift,
            _count(each, "reproductions"),
            each["title"],
        )
    return shown


def _count(item: Answer, name: str) -> str:
    """A counter; nothing if it is 0, or if the hub is too old to know it."""
    return str(item.get(name) or "")


def facet_table(facets: Mapping[str, Sequence[Answer]]) -> Table:
    """A line for each value, below the name of its field."""
    shown = table("field", "recipes", "value")
    for field, values in facets.items():
        for place, each in enumerate(values):
            shown.add_row("" if place else field, str(each["count"]), each["value"])
    return shown


def notes(answer: Answer) -> Iterator[str]:
    """What was corrected, how many recipes there are, and what else may have been meant."""
    for each in answer["corrections"]:
        if each["certain"]:
            yield f"No recipe has {each['written']!r}: searched for {each['read']!r}."
        else:
            yield f"Few recipes have {each['written']!r}: did you mean {each['read']!r}?"
    total, shown = answer["total"], len(answer["items"])
    if not total:
        yield "No recipe matches."
    elif shown < total:
        yield f"The first {shown} of {total} recipes."
    if answer["suggestions"]:
        yield f"Did you mean {' or '.join(answer['suggestions'][:MOST_NAMED])}?"
