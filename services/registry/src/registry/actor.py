"""Who does something. Whatever is written is written for an actor, who is named explicitly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mergehub.kit.identity.auth import Principal
from mergehub.kit.settings.sign_in import QuotaName

Limit = Callable[[QuotaName], int | None]
"""How much an account may have unless an administrator set another quota; None: any number."""

ITSELF = "registry"


@dataclass(frozen=True)
class Actor:
    """Somebody at work: who it is, in which request, and within which limits."""

    who: Principal
    request_id: str | None
    limit: Limit


def _unlimited(name: QuotaName) -> None:
    return None


SYSTEM = Actor(Principal(ITSELF, frozenset()), None, _unlimited)
"""The registry itself, as it starts and in its loops: it may have any number."""
