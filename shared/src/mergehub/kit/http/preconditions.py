"""`If-Match`: a change never overwrites another client's change (RFC 9110, RFC 6585)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header

from mergehub.kit.entity_tags import WELL_FORMED, is_among
from mergehub.kit.problems.problem import FieldFault, Invalid, Problem


class PreconditionRequired(Problem):
    """Several clients may change this resource, so a change must name the state it starts from."""

    status, code, title = 428, "precondition-required", "The change needs `If-Match`"
    remedy = "Read the resource and send its `ETag` in `If-Match`; `*` stands for any state."


class PreconditionFailed(Problem):
    """The `ETag` in `If-Match` is out of date: another request has changed the resource."""

    status, code, title = 412, "precondition-failed", "Another request has changed the resource"
    remedy = "Read it again, apply your change to the new state, and send the new `ETag`."


MALFORMED = FieldFault(
    pointer="/header/If-Match",
    code="entity_tag",
    detail="must be `*`, or the `ETag` that GET returned, with its quotes",
    suggestion=None,
)


class _IfMatch:
    """One request's `If-Match`."""

    def __init__(self, field: str | None) -> None:
        if field is None:
            raise PreconditionRequired("Send `If-Match` with the `ETag` that GET returned.")
        if not WELL_FORMED.search(field):
            raise Invalid("Not valid: /header/If-Match.", errors=[MALFORMED])
        self._field = field

    def check(self, etag: str) -> None:
        """Raise PreconditionFailed unless `etag`, that of the locked row, is the one sent."""
        if not is_among(etag, self._field, weakly=False):
            raise PreconditionFailed(f"The `ETag` is now {etag}.", headers={"ETag": etag})


Field = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The `ETag` of the state that the change starts from.",
        json_schema_extra={"pattern": WELL_FORMED.pattern},
    ),
]


async def _sent(field: Field = None) -> _IfMatch:
    return _IfMatch(field)


IfMatch = Annotated[_IfMatch, Depends(_sent)]
