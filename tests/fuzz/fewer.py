"""The hooks of the short form: those of the full form, and fewer of the systematic requests.

- A value has five types or so that it must not have, and nearly half of the requests would try
  them: one is tried.
- Operations share parameters, which the same code reads: what one operation was asked by a
  parameter of a name and a schema, no other is asked.
- Texts with a pattern may be as long as they like. Schemathesis puts the greatest length into the
  pattern, and one with 262,144 repetitions takes seconds to compile, in each schema that holds it.
"""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario
from schemathesis.hooks import HookContext

from . import hooks as hooks  # Schemathesis registers them

LONG = 2000  # characters; shorter patterns compile at once

_tried: set[tuple[object, ...]] = set()


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Take the greatest length from long texts with a pattern."""
    _lengthen(raw_schema)


def _lengthen(part: Any) -> None:
    if isinstance(part, dict) and "pattern" in part and part.get("maxLength", 0) > LONG:
        del part["maxLength"]
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _lengthen(each)


@schemathesis.hook
def filter_case(context: HookContext, case: Case) -> bool:
    """Whether to send a request: no other one has tried the same in this place."""
    about = case.meta.phase.data if case.meta else None
    if not isinstance(about, CoveragePhaseData):
        return True
    place = _place(case, about)
    new = place is None or place not in _tried
    if place is not None:
        _tried.add(place)
    return new


def _place(case: Case, about: CoveragePhaseData) -> tuple[object, ...] | None:
    """What a request tries, and where; None if it is sent in any case."""
    tried = about.parameter, about.scenario, about.location, about.description
    value = _value(case, about)
    if about.scenario is CoverageScenario.INCORRECT_TYPE:
        return (*tried, _schema(case, about) if value is not None else case.operation.label)
    return None if value is None else (*tried, _schema(case, about), repr(value))


def _value(case: Case, about: CoveragePhaseData) -> Any:
    """What the request gives for the parameter that it is about; None for a path or a body."""
    named: Any = {ParameterLocation.QUERY: case.query, ParameterLocation.HEADER: case.headers}
    found = named.get(about.parameter_location)
    return found.get(about.parameter) if found and about.parameter else None


def _schema(case: Case, about: CoveragePhaseData) -> str:
    """The schema of the parameter that a request is about."""
    of_headers = about.parameter_location is ParameterLocation.HEADER
    named: Any = case.operation.headers if of_headers else case.operation.query
    found = named.get(about.parameter)
    return json.dumps(found.definition.get("schema") if found else None, sort_keys=True)
