"""What is wrong with a search."""

from __future__ import annotations

from mergehub.kit.problems.faults import escaped
from mergehub.kit.problems.problem import FieldFault, Invalid
from registry.search.language.faults import QueryError, QueryFault


class QueryInvalid(Invalid):
    """A search has conditions that cannot be read; `errors` lists them with their places."""

    code, title = "query-invalid", "The search is not valid"
    remedy = (
        "Fix each fault. `/query/q#char=12,17` points at the characters from 12 up to 17 of the "
        "parameter `q`, counted from 0. [Searching](/docs/guides/searching) explains the language."
    )

    @classmethod
    def of(cls, error: QueryError) -> QueryInvalid:
        """The problem that reports the faults of a query."""
        faults = [_as_seen(fault) for fault in error.faults]
        named = ", ".join(dict.fromkeys(fault.pointer.partition("#")[0] for fault in faults))
        return cls(f"Not valid: {named}.", errors=faults)


def _as_seen(fault: QueryFault) -> FieldFault:
    """A fault as clients see it: the part after the `#` is a place in a text (RFC 5147)."""
    where = "".join(map(escaped, ("query", *fault.parameter)))
    begin, end = fault.place.offset, fault.place.offset + fault.place.length
    place = f"#char={begin},{end}" if fault.parameter == ("q",) else ""
    return FieldFault(
        pointer=where + place,
        code=fault.code,
        detail=fault.detail,
        suggestion=fault.suggestion,
    )
