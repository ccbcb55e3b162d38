"""What counts against an account's quota of tokens: sessions end by themselves, and do not."""

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
