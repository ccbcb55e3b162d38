"""Pushes to a place in a bucket, each file under its own name.

    <prefix>/<name>              the files
    <prefix>/mergehub-push.json  their record: `whole` once all are there

Only files that were written under the same record are taken for ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from mergehub.artifacts import NotStored, StoreFault, Unavailable
from mergehub.artifacts.record import FileName, StoredFile, described_file
from mergehub.contracts.destinations import PushTo

from .pushed import Means, OnProgress, Pushed, PushFault, other_content

if TYPE_CHECKING:  # it needs boto3
    from mergehub.artifacts.bucket import Bucket

RECORD: Final = "mergehub-push.json"


class PushRecord(BaseModel):
    """The files of a model in a bucket; `whole` once all are there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    whole: bool
    files: dict[FileName, StoredFile]

    @property
    def text(self) -> bytes:
        """The record as JSON."""
        return self.model_dump_json(indent=1).encode() + b"\n"


def push_to_bucket(
    files: Mapping[str, Path], to: PushTo, means: Means, on_progress: OnProgress
) -> Pushed:
    """Upload the files. Raises PushFault."""
    try:
        from mergehub.artifacts.bucket import Bucket

        return _push(Bucket(means.place(to.destination)), files, to, on_progress)
    except Unavailable as error:
        raise PushFault(_in_terms_of_pushes(error), retryable=True) from error
    except StoreFault as error:
        raise PushFault(_in_terms_of_pushes(error)) from error


def _push(bucket: Bucket, files: Mapping[str, Path], to: PushTo, on_progress: OnProgress) -> Pushed:
    wanted = {name: described_file(path) for name, path in files.items()}
    found = _record(bucket)
    there = _there(bucket)
    ours = found is not None and found.files == wanted
    foreign = sorted(there.keys() - (wanted.keys() if ours else ()))
    if foreign or (found and not ours):
        if not to.replace:
            raise other_content(to.destination, foreign or [RECORD])
        bucket.delete(bucket.place.key(name) for name in (*foreign, *([] if ours else [RECORD])))
    missing = [name for name, each in wanted.items() if not ours or there.get(name) != each.bytes]
    if not ours:
        _begin(bucket, to, PushRecord(whole=False, files=wanted))
    _upload(bucket, {name: files[name] for name in missing}, on_progress)
    if missing or found is None or not found.whole:
        bucket.write(bucket.place.key(RECORD), PushRecord(whole=True, files=wanted).text)
    total = sum(each.bytes for each in wanted.values())
    return Pushed(bucket.place.url, None, None, len(files), total, len(missing))


def _record(bucket: Bucket) -> PushRecord | None:
    """The record of an earlier push; one that is not ours has no files."""
    try:
        content, _ = bucket.read(bucket.place.key(RECORD))
        return PushRecord.model_validate_json(content)
    except NotStored:
        return None
    except ValidationError:
        return PushRecord(whole=False, files={})


def _there(bucket: Bucket) -> dict[str, int]:
    """The sizes of all objects below the prefix, by name, without the record."""
    prefix = bucket.place.key("")
    found = {each.key.removeprefix(prefix): each.bytes for each in bucket.listed(prefix)}
    found.pop(RECORD, None)
    return found


def _begin(bucket: Bucket, to: PushTo, record: PushRecord) -> None:
    """Write the record, unless another push has just begun there."""
    from mergehub.artifacts.s3_faults import Conflict

    try:
        bucket.write_over(bucket.place.key(RECORD), record.text, None)
    except Conflict as error:
        said = f"{to.destination} has changed meanwhile: another push may have begun there"
        raise PushFault(said, retryable=True) from error


def _upload(bucket: Bucket, files: Mapping[str, Path], on_progress: OnProgress) -> None:
    from mergehub.artifacts.s3_files import upload
    from mergehub.artifacts.transfer import Counter

    done, total = 0, sum(path.stat().st_size for path in files.values())
    for number, (name, path) in enumerate(files.items()):
        report = partial(_report, on_progress, number, len(files), done, total)
        upload(bucket, path, bucket.place.key(name), Counter(path.stat().st_size, report))
        done += path.stat().st_size
    on_progress(len(files), len(files), done, total)


def _report(
    on_progress: OnProgress, number: int, count: int, before: int, total: int, sent: int, _: int
) -> None:
    on_progress(number, count, before + sent, total)


def _in_terms_of_pushes(error: StoreFault) -> str:
    """The error with the names of the settings that pushes have."""
    said = str(error).rstrip(".").replace("MERGEHUB_S3_", "MERGEHUB_PUSH_S3_")
    return said.replace("MERGEHUB_ARTIFACTS", "the destination")
