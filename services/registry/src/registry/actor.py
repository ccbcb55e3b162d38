"""The actor of a change: every service that writes takes one as an argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mergehub.kit.identity.tokens import Principal
from mergehub.kit.settings.sign_in import QuotaName

Limit = Callable[[QuotaName], int | None]
"""The default limits of an account; an administrator may set others. None: no limit."""

ITSELF = "registry"


@dataclass(frozen=True)
class Actor:
    """The holder of a token at work: who it is, in which request, and within which limits."""

    who: Principal
    request_id: str | None
    limit: Limit


def _unlimited(name: QuotaName) -> None:
    return None


SYSTEM = Actor(Principal(ITSELF, frozenset()), None, _unlimited)
"""The registry itself, at its start and in its loops, without limits."""
