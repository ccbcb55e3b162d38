"""The hooks of the short form: those of the full form, and of all wrong types of a value only one.

A value has five types or so that it must not have, and nearly half of the requests would try them.
"""

from __future__ import annotations

import schemathesis
from schemathesis import Case
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario
from schemathesis.hooks import HookContext

from . import hooks as hooks  # Schemathesis registers them

_tried: set[tuple[str | None, ...]] = set()


@schemathesis.hook
def filter_case(context: HookContext, case: Case) -> bool:
    """Whether to send a request: no other one has had a value of a wrong type in this place."""
    about = case.meta.phase.data if case.meta else None
    if not isinstance(about, CoveragePhaseData):
        return True
    if about.scenario is not CoverageScenario.INCORRECT_TYPE:
        return True
    place = (case.operation.label, about.parameter, about.location, about.description)
    new = place not in _tried
    _tried.add(place)
    return new
