"""The limits of a new token: scopes that its creator holds, and no later end than the creator's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from mergehub.kit.identity.scopes import SCOPES
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.problem import FieldFault, Forbidden, Invalid
from mergehub.recipe.faults import did_you_mean
from registry.tokens.schemas import TokenCreate


class TokenInvalid(Invalid):
    """A scope does not exist, or the token's end is not valid."""

    code, title = "token-invalid", "The requested token is not valid"
    remedy = "Fix the field that each entry of `errors` names; it may suggest a scope."


class BeyondOwn(Forbidden):
    """The creator lacks a scope that it would grant, or ends before its token would."""

    code, title = "beyond-own", "A token cannot grant more than it holds"
    remedy = "Ask for fewer scopes or less time, or let an administrator make the token."


def granted_scopes(creator: Principal, wanted: Iterable[str]) -> list[str]:
    """Return the wanted scopes, sorted.

    Raises:
        TokenInvalid: the scope does not exist.
        BeyondOwn: the creator does not hold it.
    """
    scopes = list(wanted)
    faults = [_unknown(place, scope) for place, scope in enumerate(scopes) if scope not in SCOPES]
    if faults:
        raise TokenInvalid(" ".join(fault.detail for fault in faults), errors=faults)
    lacking = sorted({scope for scope in scopes if not creator.may(scope)})
    if lacking:
        raise BeyondOwn(
            f"The token of {creator.name} cannot grant {', '.join(lacking)}: it holds "
            f"{', '.join(sorted(creator.scopes))}. A token of scope admin can grant every scope."
        )
    return sorted(set(scopes))


def granted_end(creator: Principal, wanted: TokenCreate, now: datetime) -> datetime | None:
    """Return when the token expires; by default, when its creator does.

    A session is short since it lies in a browser; the person may make tokens that outlive it.

    Raises:
        TokenInvalid: the request has two ends, or one in the past.
        BeyondOwn: the end is after the creator's.
    """
    if wanted.expires_at is not None and wanted.expires_in is not None:
        raise _invalid("/expires_in", "conflict", "Give either `expires_at` or `expires_in`.")
    end = wanted.expires_at
    if wanted.expires_in is not None:
        end = now + timedelta(seconds=wanted.expires_in)
    if end is not None and end <= now:
        raise _invalid("/expires_at", "in-the-past", f"{end.isoformat()} is in the past.")
    if creator.expires_at is None or creator.session:
        return end
    if end is not None and end > creator.expires_at:
        raise BeyondOwn(
            f"The token of {creator.name} expires at {creator.expires_at.isoformat()} and can "
            "only make tokens that end by then."
        )
    return end or creator.expires_at


def _unknown(place: int, scope: str) -> FieldFault:
    return FieldFault(
        pointer=f"/scopes/{place}",
        code="unknown-scope",
        detail=f"There is no scope {scope!r}.",
        suggestion=did_you_mean(scope, SCOPES) or f"one of {', '.join(sorted(SCOPES))}",
    )


def _invalid(pointer: str, code: str, detail: str) -> TokenInvalid:
    fault = FieldFault(pointer=pointer, code=code, detail=detail, suggestion=None)
    return TokenInvalid(detail, errors=[fault])
