"""A push run: sends the model of a run to the Hugging Face Hub or to a bucket."""

from __future__ import annotations

import time

from merge_worker.child.failure import RunFailed
from merge_worker.child.messages import Job
from merge_worker.child.products import opened_store, transfer
from merge_worker.child.tell import Tell
from merge_worker.pushing.push import push
from merge_worker.pushing.pushed import OnProgress, PushFault
from mergehub.artifacts import NotStored
from mergehub.contracts.destinations import PushTo, is_allowed
from mergehub.contracts.kinds.push import PushResult, PushSpec


def run(job: Job, spec: PushSpec, tell: Tell) -> PushResult:
    """Push the model, or what an earlier attempt left to push.

    Raises:
        RunFailed: this worker may not push there, the model is gone, or the push failed.
        StopRequested: the worker wants its slot back.
    """
    started = time.monotonic()
    if not is_allowed(spec.destination, job.push.allow):
        raise RunFailed(
            "push-not-allowed",
            f"This worker may not push to {spec.destination}, which MERGEHUB_PUSH_ALLOW lacks.",
        )
    with opened_store(job, tell) as store:
        try:
            folder = store.hold(spec.run, transfer(tell, "fetch the model"))
        except NotStored as error:
            said = f"The model of run {spec.run} is not stored here any more, so it is not pushed."
            raise RunFailed("model-not-stored", said) from error
        to = PushTo(destination=spec.destination, replace=spec.replace, private=spec.private)
        tell.progress("push", 0, 0, "files")
        try:
            pushed = push(folder, to, job.push, _reporting(tell))
        except PushFault as error:
            raise RunFailed(
                "push-failed",
                f"The model was merged, and is stored as run {spec.run}, but it was not pushed. "
                f"{error}. A retry of this run only pushes.",
                retryable=error.retryable,
            ) from error
    return PushResult(
        kind="push",
        destination=spec.destination,
        url=pushed.url,
        commit=pushed.commit,
        visibility=pushed.visibility,
        files=pushed.files,
        pushed_bytes=pushed.bytes,
        sent=pushed.sent,
        seconds=time.monotonic() - started,
    )


def _reporting(tell: Tell) -> OnProgress:
    """Report the progress of a push; a request to stop ends it."""

    def report(done: int, total: int, bytes_done: int, bytes_total: int) -> None:
        tell.progress("push", done, total, "files", bytes_done, bytes_total)

    return report
