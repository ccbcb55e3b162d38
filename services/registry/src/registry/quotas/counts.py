"""What is counted for each quota, and in what words it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from mergehub.contracts.runs import RunState
from mergehub.kit.settings.sign_in import QuotaName
from registry.accounts.models import MemberRow
from registry.quotas.errors import QuotaExceeded, RunQuotaExceeded
from registry.recipes.models import RecipeRow
from registry.runs.models import RunRow
from registry.tokens.models import TokenRow
from registry.tokens.repository import VALID
from registry.webhooks.models import EndpointRow

DAY = timedelta(days=1)


class Counted(NamedTuple):
    """How a quota is counted, what it counts, and what is raised when it is used up."""

    query: Callable[[str], Select[int]]
    what: str
    problem: type[QuotaExceeded | RunQuotaExceeded]


def _number(*conditions: Any) -> Select[int]:
    return select(func.count()).where(*conditions)


COUNTED: dict[QuotaName, Counted] = {
    "recipes": Counted(lambda who: _number(RecipeRow.owner == who), "recipes", QuotaExceeded),
    "runs_active": Counted(
        lambda who: _number(
            RunRow.owner == who, RunRow.state.in_((RunState.QUEUED, RunState.RUNNING))
        ),
        "runs that wait or run",
        RunQuotaExceeded,
    ),
    "runs_a_day": Counted(
        lambda who: _number(RunRow.owner == who, RunRow.created_at > func.now() - DAY),
        "runs submitted in 24 hours",
        RunQuotaExceeded,
    ),
    "webhooks": Counted(
        lambda who: _number(EndpointRow.owner == who), "webhook endpoints", QuotaExceeded
    ),
    "tokens": Counted(
        lambda who: _number(TokenRow.account == who, ~TokenRow.session, VALID),
        "valid tokens",
        QuotaExceeded,
    ),
    "organisations": Counted(
        lambda who: _number(MemberRow.person == who, MemberRow.role == "owner"),
        "organisations that it owns",
        QuotaExceeded,
    ),
}
