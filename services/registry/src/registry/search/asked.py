"""The query parameters of a search: its text, and one for each field of the table of fields."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from fastapi import Query as Parameter
from pydantic import Field as Limits

from registry.search.errors import QueryInvalid
from registry.search.language.conditions import MOST_VALUES
from registry.search.language.faults import QueryError
from registry.search.language.fields import FIELDS, Field
from registry.search.language.named import LONGEST
from registry.search.language.parsing import LONGEST as LONGEST_TEXT
from registry.search.language.plain import PARAMETER, query_of
from registry.search.query import Query

_Text = Annotated[str, Limits(min_length=1, max_length=LONGEST)]
_SEVERAL = "Given several times: any of the values. After a hyphen: none of them."


@dataclass(frozen=True)
class Wanted:
    """A search as it was asked for: its text, and what text and parameters mean together."""

    text: str
    query: Query


async def _asked(**given: Any) -> Wanted:
    text = given.pop("q") or ""
    lists = {
        name: [value] if isinstance(value, str) else value
        for name, value in given.items()
        if value is not None
    }
    try:
        return Wanted(text, query_of(text, lists))
    except QueryError as error:
        raise QueryInvalid.of(error) from None


def _parameters() -> Iterator[inspect.Parameter]:
    yield _parameter(
        "q",
        Annotated[
            Annotated[str, Limits(max_length=LONGEST_TEXT)] | None,
            Parameter(description="A search as a person writes it, such as `german tag:maths`."),
        ],
    )
    yield from (_parameter(field.name, _annotation(field)) for field in FIELDS)
    yield _parameter(
        PARAMETER,
        _list("Conditions on parameters of merge methods, such as `density<0.5`; all must hold."),
    )


def _annotation(field: Field) -> Any:
    choices = f" One of {', '.join(field.choices)}." if field.choices else ""
    if field.is_number:
        value = field.example.removeprefix(field.name).lstrip(":")
        what = "Yes or no" if field.kind == "flag" else "A number, a comparison or a range"
        description = f"{field.meaning} {what}, as in `{value}`."
        return Annotated[_Text | None, Parameter(description=description)]
    return _list(f"{field.meaning}{choices} {_SEVERAL}")


def _list(description: str) -> Any:
    return Annotated[list[_Text] | None, Parameter(max_length=MOST_VALUES, description=description)]


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=None, annotation=annotation)


_asked.__signature__ = inspect.Signature([*_parameters()])  # type: ignore[attr-defined]

Asked = Annotated[Wanted, Depends(_asked)]
"""What a search asks for. Raises QueryInvalid."""
