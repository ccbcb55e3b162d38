"""The process that does one attempt at a run: `python -m merge_worker.execution.child`.

It reads a `Job` from standard input and writes messages to standard output; the last message is the
outcome. All other output, its own or a library's, goes to standard error, the attempt's log.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from importlib import import_module

from merge_worker.child.failure import RunFailed, disk_full, is_disk_full, out_of_memory, unforeseen
from merge_worker.child.logs import begin_log, log_event
from merge_worker.child.messages import SERVICE, Failed, Job, Message, Stopped, Succeeded
from merge_worker.child.tell import StopRequested, Tell, take_standard_output
from mergehub.contracts.kinds.kind import Result
from mergehub.kit.telemetry.traces import begin_tracing, end_tracing, span
from mergehub.parent_death import die_with_parent

FLUSH_SECONDS = 1.0  # for the last spans; the worker reports the outcome afterwards


def main() -> None:
    die_with_parent(signal.SIGKILL)
    tell = Tell(take_standard_output())
    signal.signal(signal.SIGTERM, tell.stop)
    job = Job.model_validate_json(sys.stdin.buffer.read())
    if os.getppid() != job.parent:
        return  # the worker ended before we asked the kernel for a signal at its end
    begin_log(job)
    log_event("child.started", pid=os.getpid())
    if job.traceparent:
        begin_tracing(SERVICE)
    with span(job.spec.kind, job.traceparent, run=str(job.run_id)) as current:
        word = last_word(job, tell)
        current.note(outcome=word.kind)
    log_event("child.ended", outcome=word.kind)
    tell.send(word)
    end_tracing(FLUSH_SECONDS)
    # All results are on disk and reported; shutting down the libraries would only delay the end.
    sys.stderr.flush()
    os._exit(0)


def last_word(job: Job, tell: Tell) -> Message:
    """Do the work and return its outcome; errors that may be temporary end the process."""
    try:
        tell.progress("starting", 0, 0, "")
        return Succeeded(result=_work(job, tell))
    except StopRequested:
        return Stopped()
    except RunFailed as failure:
        return Failed(error=failure.error)
    except MemoryError as error:
        return Failed(error=out_of_memory(error).error)
    except Exception as error:
        known = _failure(error)
        if known is None:
            raise
        traceback.print_exc()
        return Failed(error=known.error)


def _failure(error: Exception) -> RunFailed | None:
    """Return how to report an error that is not one of the work's own, or None."""
    if isinstance(error, OSError) and is_disk_full(error):
        return disk_full(error)
    return unforeseen(error)


def _work(job: Job, tell: Tell) -> Result:
    # Imported here, since the engine and the harness take long to load and only one is needed.
    result: Result = import_module(f"merge_worker.kinds.{job.spec.kind}").run(job, job.spec, tell)
    return result


if __name__ == "__main__":
    main()
