"""The count behind an account's quota of webhooks."""

from __future__ import annotations

from registry.accounts.quotas import Count, number
from registry.webhooks.models import EndpointRow

WEBHOOKS = Count("webhooks", "webhook endpoints", lambda who: number(EndpointRow.owner == who))

COUNTS = (WEBHOOKS,)
