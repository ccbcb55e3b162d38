"""Files to and from a bucket, several parts at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, TypeVar

from mergehub.artifacts.bucket import Bucket, checksum
from mergehub.artifacts.store import NotStored, Unavailable
from mergehub.artifacts.transfer import BLOCK, Counter, Part, parts_of, read_part, write_at

STREAMS = 4  # parts at a time; each part of an upload is held in memory

Result = TypeVar("Result")


def upload(bucket: Bucket, path: Path, key: str, counter: Counter) -> None:
    """Upload a file in parts, each with its checksum. The object appears when all are there."""
    parts = list(parts_of(path.stat().st_size))
    if len(parts) == 1:
        bucket.write(key, read_part(path, parts[0]))
        counter.add(parts[0].size)
        return
    about = {"Bucket": bucket.place.bucket, "Key": key}
    begun = bucket.persistently(
        "upload",
        key,
        lambda client: client.create_multipart_upload(**about, ChecksumAlgorithm="SHA256"),
    )
    about["UploadId"] = begun["UploadId"]
    try:
        sent = _together(
            lambda part: _send(bucket, about, path, part),
            parts,
            lambda part: counter.add(part.size),
        )
        _complete(bucket, about, sorted(sent, key=lambda each: each["PartNumber"]))
    except BaseException:
        bucket.abort(key, about["UploadId"])
        raise


def download(bucket: Bucket, key: str, size: int, path: Path, counter: Counter) -> None:
    """Write an object of `size` bytes into a new file."""
    with path.open("xb") as file:
        file.truncate(size)
        _together(
            lambda part: _receive(bucket, key, part, file.fileno()),
            list(parts_of(size)) if size else [],
            lambda part: counter.add(part.size),
        )


def _send(bucket: Bucket, about: dict[str, Any], path: Path, part: Part) -> dict[str, Any]:
    content = read_part(path, part)
    given = {"PartNumber": part.number, "ChecksumSHA256": checksum(content)}
    answer = bucket.persistently(
        "upload", about["Key"], lambda client: client.upload_part(**about, **given, Body=content)
    )
    return {**given, "ETag": answer["ETag"]}


def _complete(bucket: Bucket, about: dict[str, Any], parts: list[dict[str, Any]]) -> None:
    """Make one object of the parts. If an answer was lost, the upload has ended already."""
    try:
        bucket.persistently(
            "complete the upload of",
            about["Key"],
            lambda client: client.complete_multipart_upload(
                **about, MultipartUpload={"Parts": parts}
            ),
        )
    except NotStored as error:
        if not any(each.key == about["Key"] for each in bucket.listed(about["Key"])):
            raise Unavailable(
                f"{error} Another process aborted it, or the store lost it."
            ) from error


def _receive(bucket: Bucket, key: str, part: Part, descriptor: int) -> None:
    def get(client: Any) -> None:
        answer = client.get_object(
            Bucket=bucket.place.bucket, Key=key, Range=f"bytes={part.start}-{part.end - 1}"
        )
        offset = part.start
        for block in answer["Body"].iter_chunks(BLOCK):
            write_at(descriptor, block, offset)
            offset += len(block)

    bucket.persistently("read", key, get)


def _together(
    work: Callable[[Part], Result], parts: Iterable[Part], on_done: Callable[[Part], None]
) -> list[Result]:
    """The results, in the order of their ends; after an error, no further part is begun."""
    results = []
    with ThreadPoolExecutor(STREAMS) as pool:
        begun = {pool.submit(work, part): part for part in parts}
        try:
            for future in as_completed(begun):
                results.append(future.result())
                on_done(begun[future])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return results
