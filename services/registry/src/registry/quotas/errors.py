"""When an account has all that it may have."""

from __future__ import annotations

from mergehub.kit.problems.problem import Forbidden, Problem


class QuotaExceeded(Forbidden):
    """The account has as many of the things that the detail names as it may have."""

    code, title = "quota-exceeded", "The account has as much as it may have"
    remedy = "Delete or revoke what is no longer needed, or ask an administrator for more."


class RunQuotaExceeded(Problem):
    """The account has as many runs waiting and running, or has begun as many today, as it may."""

    status, code, title = 429, "run-quota-exceeded", "The account has as many runs as it may have"
    remedy = "Wait until runs have ended or a day has passed, or ask an administrator for more."
