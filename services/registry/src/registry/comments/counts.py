"""The count behind an account's quota of comments."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func

from registry.accounts.quotas import Count, number
from registry.comments.errors import CommentQuotaExceeded
from registry.comments.models import CommentRow

DAY = timedelta(days=1)

TODAY = Count(
    "comments_a_day",
    "comments written in the last 24 hours",
    lambda who: number(CommentRow.author == who, CommentRow.created_at > func.now() - DAY),
    CommentQuotaExceeded,
)

COUNTS = (TODAY,)
