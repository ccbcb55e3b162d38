"""The count behind an account's quota of tokens, without sessions, which soon end."""

from __future__ import annotations

from registry.accounts.quotas import Count, number
from registry.tokens.models import TokenRow
from registry.tokens.repository import VALID

TOKENS = Count(
    "tokens",
    "valid tokens",
    lambda who: number(TokenRow.account == who, ~TokenRow.session, VALID),
)

COUNTS = (TOKENS,)
