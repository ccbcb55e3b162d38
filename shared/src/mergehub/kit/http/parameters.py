"""Refuse query parameters that an operation does not take, and a parameter given twice.

If the hub ignored a misspelt filter, it would answer with everything. If a parameter had two
values, the client could not know which one counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute

from mergehub.kit.problems.faults import escaped
from mergehub.kit.problems.problem import FieldFault, Invalid
from mergehub.recipe.faults import did_you_mean

FAULTS_AT_MOST = 20

ANY_PARAMETERS = {"x-any-parameters": True}
"""The `openapi_extra=` of an operation that accepts any other parameters."""


@dataclass(frozen=True)
class Declared:
    """The query parameters of an operation; those in `lists` may be given several times."""

    names: tuple[str, ...]
    lists: frozenset[str]


_DECLARED: dict[Callable[..., Any], Declared] = {}


async def known_parameters(request: Request) -> None:
    """A dependency that answers 422 to a query with parameters that its operation does not take."""
    if not request.scope["query_string"]:
        return
    route = request.scope["route"]
    if not _takes_any(route.openapi_extra):
        _check(request, _declared(route))


def _declared(route: APIRoute) -> Declared:
    """Those of a route, which are read once for each endpoint."""
    if route.endpoint not in _DECLARED:
        _DECLARED[route.endpoint] = _read(route)
    return _DECLARED[route.endpoint]


def _read(route: APIRoute) -> Declared:
    fields = [f for f in get_flat_params(route.dependant) if isinstance(f.field_info, Query)]
    names = sorted({field.alias for field in fields})
    lists = {field.alias for field in fields if _is_list(field.field_info.annotation)}
    return Declared(tuple(names), frozenset(lists))


def _takes_any(extra: Mapping[str, Any] | None) -> bool:
    return extra is not None and ANY_PARAMETERS.items() <= extra.items()


def _is_list(annotation: Any) -> bool:
    return any(get_origin(each) is list for each in (annotation, *get_args(annotation)))


def _check(request: Request, declared: Declared) -> None:
    given = Counter(name for name, _ in request.query_params.multi_items())
    faults = [fault for name, times in given.items() if (fault := _fault(name, times, declared))][
        :FAULTS_AT_MOST
    ]
    if faults:
        named = ", ".join(fault.pointer for fault in faults)
        raise Invalid(f"Not valid: {named}.", errors=faults)


def _fault(name: str, times: int, declared: Declared) -> FieldFault | None:
    where = f"/query{escaped(name)}"
    if name not in declared.names:
        return FieldFault(
            pointer=where,
            code="unknown_parameter",
            detail=f"is not a known parameter; {_taken(declared)}",
            suggestion=did_you_mean(name, declared.names),
        )
    if times > 1 and name not in declared.lists:
        return FieldFault(
            pointer=where,
            code="repeated_parameter",
            detail=f"is given {times} times; give it once",
            suggestion=None,
        )
    return None


def _taken(declared: Declared) -> str:
    if not declared.names:
        return "this operation takes no query parameters"
    return f"this operation takes {', '.join(declared.names)}"
