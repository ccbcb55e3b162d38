"""`If-Match`: nobody changes what somebody else has changed meanwhile (RFC 9110, RFC 6585)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header

from mergehub.kit.middleware.etags import WELL_FORMED, is_among
from mergehub.kit.problems.problem import FieldFault, Invalid, Problem


class PreconditionRequired(Problem):
    """Several people may change this thing, so a change must say which state it starts from."""

    status, code, title = 428, "precondition-required", "The change does not say what it changes"
    remedy = "Read the thing and send its `ETag` in `If-Match`; `*` changes it whatever it is."


class PreconditionFailed(Problem):
    """The thing is no longer as the `ETag` in `If-Match` names it: somebody else changed it."""

    status, code, title = 412, "precondition-failed", "The thing has changed meanwhile"
    remedy = "Read it again, apply the change to what it is now, and send the new `ETag`."


MALFORMED = FieldFault(
    pointer="/header/If-Match",
    code="entity_tag",
    detail="must be `*`, or the `ETag` as GET answered it, its quotes included",
    suggestion=None,
)


class _IfMatch:
    """One request's `If-Match`."""

    def __init__(
        self,
        field: Annotated[
            str | None,
            Header(
                alias="If-Match",
                description="The `ETag` of the state that is to be changed.",
                json_schema_extra={"pattern": WELL_FORMED.pattern},
            ),
        ] = None,
    ) -> None:
        if field is None:
            raise PreconditionRequired("Send `If-Match` with the `ETag` that GET answered.")
        if not WELL_FORMED.search(field):
            raise Invalid("Not valid: /header/If-Match.", errors=[MALFORMED])
        self._field = field

    def check(self, etag: str) -> None:
        """Raise PreconditionFailed unless `etag`, of what is locked, is the one that was sent."""
        if not is_among(etag, self._field, weakly=False):
            raise PreconditionFailed(f"It is now {etag}.", headers={"ETag": etag})


IfMatch = Annotated[_IfMatch, Depends()]
