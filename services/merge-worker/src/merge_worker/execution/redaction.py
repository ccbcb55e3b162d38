"""Removes this machine's folders from what it reports, since a run's record may be public."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from merge_worker.child.failure import LONGEST_MESSAGE
from merge_worker.child.messages import Job
from mergehub.artifacts.folder_store import PARTIAL
from mergehub.contracts.runs import RunError

# An absolute path, but not part of a URL or of a relative path.
_PATH = re.compile(
    r"(?:(?<=file://)|(?<![\w./~<>-]))/[^\s/'\"`,;:()<>\[\]{}|][^\s'\"`,;:()<>\[\]{}|]*"
)


def public(error: RunError, job: Job) -> RunError:
    """Return the error without any folder of this machine."""
    message = without_folders(error.message, job)[:LONGEST_MESSAGE]
    lines = [without_folders(line, job) for line in error.last_lines]
    return error.model_copy(update={"message": message, "last_lines": lines})


def without_folders(text: str, job: Job) -> str:
    """Return the text with paths as the run's submitter knows them.

    A path under a root becomes the name that a recipe would use, a run's model becomes `run:<id>`,
    and any other path keeps only its last part. Paths that the run itself names do not change.
    """
    for folder, name, beneath in _folders(job):
        here = rf"(?<![\w.-]){re.escape(folder)}"
        text = re.sub(rf"{here}/(?=[^\s/])", beneath, text)
        text = re.sub(rf"{here}/?(?![\w.-])", name, text)
    text = re.sub(r"(<models>|<tasks>)(?:, \1)+", r"\1", text)
    text = re.sub(rf"(run:[0-9a-f-]{{36}}){re.escape(PARTIAL)}", r"\1", text)
    said = job.spec.named
    return _PATH.sub(lambda found: found[0] if found[0] in said else _last(found[0]), text)


def _folders(job: Job) -> Iterator[tuple[str, str, str]]:
    """Each folder of the worker, its replacement, and the replacement before a path inside it."""
    yield str(job.artifacts / "runs"), "<artifacts>", "run:"
    named = [(job.artifacts, "<artifacts>", "<artifacts>/"), (job.scratch, "<scratch>", "")]
    named += [(root, "<models>", "") for root in job.model_roots]
    named += [(root, "<tasks>", "") for root in job.task_roots]
    for folder, name, beneath in sorted(named, key=lambda each: -len(str(each[0]))):
        if folder != Path("/"):
            yield str(folder), name, beneath


def _last(path: str) -> str:
    """The last part of a path of this machine; a text that only looks like a path is unchanged."""
    first, *others = Path(path).parts[1:]
    return f"…/{others[-1]}" if others and Path("/", first).exists() else path
