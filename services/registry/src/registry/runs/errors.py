"""What can be wrong with a request about a run."""

from __future__ import annotations

from mergehub.kit.problems import Conflict, Invalid, NotFound


class RunNotFound(NotFound):
    code, title = "run-not-found", "There is no such run"


class RunInvalid(Invalid):
    code, title = "run-invalid", "The run cannot be executed as it is described"


class RunNotSucceeded(Conflict):
    code, title = "run-not-succeeded", "A run that this one builds on has no model to give"


class RunLeased(Conflict):
    code, title = "run-leased", "The run cannot be claimed now"


class RunDoesNotFit(Conflict):
    code, title = "run-does-not-fit", "The worker has no room for the run"


class StaleFence(Conflict):
    code, title = "stale-fence", "The run is no longer yours"


class RunFinished(Conflict):
    code, title = "run-finished", "The run has ended already"


class IllegalMove(Conflict):
    code, title = "illegal-move", "A run in this state cannot go there"


class ReportInvalid(Invalid):
    code, title = "report-invalid", "The report does not fit the run"
