"""The problems of requests about runs."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, Invalid, NotFound, Problem


class RunNotFound(NotFound):
    """No run has this id, or it has no scores of the benchmark, or it is private to others."""

    code, title = "run-not-found", "Run not found"
    remedy = "Find the run with `GET /v1/runs`."


class LockNotFound(NotFound):
    """The run has not merged a model, or its worker did not report what it read."""

    code, title = "lock-not-found", "The run has no lock"
    remedy = "Name a merge run that succeeded, with a worker that reports locks."


class RunInvalid(Invalid):
    """A field of the run names an object that does not exist, or two fields exclude each other."""

    code, title = "run-invalid", "The run is not valid"
    remedy = "Fix the field that the `pointer` of each entry in `errors` names."


class RunNotSucceeded(Conflict):
    """The run names another run as its model, and that run has made no model."""

    code, title = "run-not-succeeded", "A run that this one needs has no model"
    remedy = "Follow that run to its end, and submit this one after it succeeds."


class PrivateMixed(Conflict):
    """The run combines objects that are private to different accounts."""

    code, title = "private-mixed", "A run cannot combine what is private to two accounts"
    remedy = "Publish a copy of the recipe under the other account, or make one of them public."


class SourcePrivate(Conflict):
    """A model that the run uses was public when it was submitted, and is private now."""

    code, title = "source-private", "A model that the run uses has become private"
    remedy = "Submit a new run with models that you may see."


class RunLeased(Conflict):
    """Another worker holds the run, or it has ended."""

    code, title = "run-leased", "The run cannot be claimed now"
    remedy = "Claim another run; nothing is lost."


class RunDoesNotFit(Conflict):
    """The run needs another class of hardware, or more memory or disk, than the worker has."""

    code, title = "run-does-not-fit", "The run does not fit the worker"
    remedy = "Leave the run to a larger worker, or submit it with smaller `needs`."


class StaleFence(Conflict):
    """The fence is old: the lease ended, and another worker may have the run by now."""

    code, title = "stale-fence", "The run is no longer yours"
    remedy = "Stop working on the run and discard what you have not reported."


class RunFinished(Conflict):
    """The run has ended in a state that does not allow this."""

    code, title = "run-finished", "The run has ended already"
    remedy = "Get the run. To do its work again, submit a new run."


class IllegalMove(Conflict):
    """Runs change their state by a fixed table, which does not have this change."""

    code, title = "illegal-move", "A run cannot change from this state to that one"
    remedy = "Get the run again and act on its new state."


class ReportInvalid(Invalid):
    """The report's outcome, result and error contradict each other or the run's kind."""

    code, title = "report-invalid", "The report does not fit the run"
    remedy = "Send `result` with a success and `error` with a failure, for the kind of the run."


class RunQuotaExceeded(Problem):
    """The account has reached its quota of unfinished runs, or of runs in 24 hours."""

    status, code, title = 429, "run-quota-exceeded", "The account has reached a quota of runs"
    remedy = "Wait until runs end or a day passes, or ask an administrator for a higher quota."
