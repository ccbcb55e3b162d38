"""What makes of the domains in a field the names that they have."""

from __future__ import annotations

from typing import Any

from pydantic import AfterValidator, BeforeValidator

from mergehub.contracts.domains.vocabulary import domain_of, domains_of


def _named(value: Any) -> Any:
    return domain_of(value) if isinstance(value, str) else value


NAMED = BeforeValidator(_named)
"""Puts the one name of a domain in the place of a synonym, before a field is checked."""
EACH_ONCE = AfterValidator(domains_of)
"""Gives the domains of a list their names, each once."""
