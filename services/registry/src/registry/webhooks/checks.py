"""What is checked before an endpoint is made or changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import httpx

from mergehub.kit.outbound.addresses import AddressRefused, Network, checked_url
from mergehub.kit.problems.problem import FieldFault, Invalid
from registry.webhooks.bodies.openlineage import FORMS
from registry.webhooks.errors import BearerTokenNeeded, TypeWithoutForm, UrlRefused
from registry.webhooks.models import EndpointRow


def sendable(url: str, allowed: Collection[Network]) -> str:
    """The URL as requests have it. Raises UrlRefused."""
    try:
        return checked_url(url, allowed)
    except AddressRefused as refused:
        raise _fault(UrlRefused, "/url", str(refused)) from None


def check_types(format: str, types: Sequence[str]) -> None:
    """Raise TypeWithoutForm if the format has no form for one of the types."""
    if format != "openlineage":
        return
    for place, each in enumerate(types):
        if each not in FORMS:
            detail = f"OpenLineage has no form for {each}, but for {', '.join(FORMS)}."
            raise _fault(TypeWithoutForm, f"/types/{place}", detail)


def check_token_stays(row: EndpointRow, url: str, token: str | None) -> None:
    """Raise BearerTokenNeeded if another origin would get the token of the one before."""
    if row.bearer_token is None or token is not None:
        return
    if _origin(url) != _origin(row.url):
        detail = "The bearer token of the endpoint would be sent to another origin."
        raise _fault(BearerTokenNeeded, "/bearer_token", detail)


def _origin(url: str) -> tuple[str, str, int | None]:
    parsed = httpx.URL(url)
    return parsed.scheme, parsed.host, parsed.port


def _fault(problem: type[Invalid], pointer: str, detail: str) -> Invalid:
    fault = FieldFault(pointer=pointer, code=problem.code, detail=detail, suggestion=None)
    return problem(f"Not valid: {pointer}. {detail}", errors=[fault])
