"""What can be wrong with a request about a run."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, Invalid, NotFound, Problem


class RunNotFound(NotFound):
    """No run has this id, it has no scores of the benchmark, or it is private to others."""

    code, title = "run-not-found", "There is no such run"
    remedy = "Find the run with `GET /v1/runs`."


class RunInvalid(Invalid):
    """A field of the run names what does not exist, or two fields exclude each other."""

    code, title = "run-invalid", "The run cannot be executed as it is described"
    remedy = "Mend the field that the `pointer` of `errors` names."


class RunNotSucceeded(Conflict):
    """The run names another run as its model, and that one has produced none."""

    code, title = "run-not-succeeded", "A run that this one builds on has no model to give"
    remedy = "Follow that run to its end, and submit this one when it has succeeded."


class PrivateMixed(Conflict):
    """What the run is made of is private to different accounts, and its outcome would be both's."""

    code, title = "private-mixed", "Private things of two accounts do not mix"
    remedy = "Publish a copy of the recipe under the other account, or make one of them public."


class SourcePrivate(Conflict):
    """A model that the run takes was public when it was submitted, and is private now."""

    code, title = "source-private", "A model that the run is made of has become private"
    remedy = "Submit a new run, of models that you may see."


class RunLeased(Conflict):
    """Another worker holds the run, or it has ended."""

    code, title = "run-leased", "The run cannot be claimed now"
    remedy = "Claim another run; nothing is lost."


class RunDoesNotFit(Conflict):
    """The run needs a class of hardware or more memory or disk than the worker said it has."""

    code, title = "run-does-not-fit", "The worker has no room for the run"
    remedy = "Leave it to a larger worker, or submit it with smaller `needs`."


class StaleFence(Conflict):
    """The fence is an old one: the lease was lost, and the run may have another worker by now."""

    code, title = "stale-fence", "The run is no longer yours"
    remedy = "Stop working on the run and throw away what was not reported."


class RunFinished(Conflict):
    """The run has ended in a state that does not allow this."""

    code, title = "run-finished", "The run has ended already"
    remedy = "Read the run; submit a new one where it shall be done once more."


class IllegalMove(Conflict):
    """Runs go from state to state by a fixed table, and this step is not in it."""

    code, title = "illegal-move", "A run in this state cannot go there"
    remedy = "Read the run again and decide anew."


class ReportInvalid(Invalid):
    """The report's outcome, result and error do not go together, or not with the run's kind."""

    code, title = "report-invalid", "The report does not fit the run"
    remedy = "Send `result` with success and `error` with failure, of the kind that the run is."


class RunQuotaExceeded(Problem):
    """The account has as many runs waiting and running, or has begun as many today, as it may."""

    status, code, title = 429, "run-quota-exceeded", "The account has as many runs as it may have"
    remedy = "Wait until runs have ended or a day has passed, or ask an administrator for more."
