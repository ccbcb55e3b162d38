"""The problems of downloads."""

from __future__ import annotations

from mergehub.kit.problems.problem import Problem, Unavailable


class RangeNotSatisfiable(Problem):
    """The `Range` cannot be read, or begins after the end of the file."""

    status, code, title = 416, "range-not-satisfiable", "The file has no such range"
    remedy = "Send `Range: bytes=first-last` within the size that `Content-Range` says."


class NoStore(Problem):
    """The registry does not know where the models of this hub are stored."""

    status, code, title = 501, "no-artifact-store", "This hub does not serve the files of models"
    remedy = (
        "Ask the operator of the hub to give the registry `MERGEHUB_ARTIFACTS`, as the workers have"
        " it."
    )


class StoreAway(Unavailable):
    """The store of the models does not answer, or refuses the registry."""

    code, title = "artifact-store-away", "The store of the models does not answer"
    remedy = "Wait for the seconds in `Retry-After`, then send the same request again."


class ArtifactDamaged(Problem):
    """What is stored of the model is not what its run stored."""

    status, code, title = 500, "artifact-damaged", "The stored model is damaged"
    remedy = "Tell the operator of the hub, who can restore it from a backup, or run it again."


class TooManyDownloads(Unavailable):
    """So many files are being sent that others would have to wait."""

    code, title = "too-many-downloads", "Too many downloads at the same time"
    remedy = "Wait for the seconds in `Retry-After`, or for your other downloads to end."
