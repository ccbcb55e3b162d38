"""The count behind an account's quota of organisations."""

from __future__ import annotations

from registry.accounts.models import MemberRow
from registry.accounts.quotas import Count, number

ORGANISATIONS = Count(
    "organisations",
    "organisations that it owns",
    lambda who: number(MemberRow.person == who, MemberRow.role == "owner"),
)

COUNTS = (ORGANISATIONS,)
