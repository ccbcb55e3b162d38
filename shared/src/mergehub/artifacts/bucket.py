"""The calls to an S3-compatible store that a store of models needs."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import methodcaller
from typing import Any, TypeVar

from mergehub.artifacts.place import S3Place
from mergehub.artifacts.store import StoreFault, Unavailable
from mergehub.backoff import Backoff

try:
    import boto3
    from botocore.config import Config
except ImportError as error:
    raise StoreFault(
        "MERGEHUB_ARTIFACTS names a bucket, but boto3 is missing: install 'mergehub[s3]'."
    ) from error

from mergehub.artifacts.s3_faults import explained

CONNECTIONS = 8
CONNECT_SECONDS, READ_SECONDS = 10, 60
PATIENCE_SECONDS = 120.0  # for a store that does not answer, which may be restarting
BACKOFF = Backoff(first=0.1, longest=5.0)
MOST_AT_ONCE = 1000  # objects that a request may list or delete
Result = TypeVar("Result")


@dataclass(frozen=True)
class Stored:
    """An object in a bucket."""

    key: str
    bytes: int


class Bucket:
    """The objects below a place's prefix. Keys are whole keys, made by `place.key`.

    Each method raises a StoreFault that names the bucket and the key. `client` is boto3's.
    """

    def __init__(self, place: S3Place) -> None:
        self.place = place

    @cached_property
    def client(self) -> Any:
        place = self.place
        config = Config(
            s3={"addressing_style": "path"} if place.endpoint else {},
            retries={"total_max_attempts": 1},  # `persistently` has more patience
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            max_pool_connections=CONNECTIONS,
            # Checksums are given with each upload; not every store knows boto3's default one.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with explained(place, "open", ""):
            return boto3.session.Session().client(
                "s3",
                endpoint_url=place.endpoint,
                aws_access_key_id=place.access_key,
                aws_secret_access_key=place.secret_key,
                region_name=place.region,
                config=config,
            )

    def persistently(
        self,
        doing: str,
        key: str,
        work: Callable[[Any], Result],
        patience: float | None = None,
    ) -> Result:
        """Return what `work` does with the client; while the store does not answer, try again.

        Raises Unavailable after `patience` seconds (PATIENCE_SECONDS if None), or another
        StoreFault at once.
        """
        until = time.monotonic() + (PATIENCE_SECONDS if patience is None else patience)
        for pause in BACKOFF.pauses():
            try:
                with explained(self.place, doing, key):
                    return work(self.client)
            except Unavailable:
                if time.monotonic() + pause > until:
                    raise
            time.sleep(pause)
        raise AssertionError("pauses never end")

    def read(self, key: str) -> tuple[bytes, str]:
        """A small object and its entity tag. Raises NotStored."""

        def get(client: Any) -> tuple[bytes, str]:
            answer = client.get_object(Bucket=self.place.bucket, Key=key)
            return answer["Body"].read(), answer["ETag"]

        return self.persistently("read", key, get)

    def write(self, key: str, content: bytes, **condition: str) -> None:
        """Write a small object, under a condition if one is given. Raises Conflict."""
        self.persistently(
            "write",
            key,
            lambda client: client.put_object(
                Bucket=self.place.bucket,
                Key=key,
                Body=content,
                ChecksumSHA256=checksum(content),
                **condition,
            ),
        )

    def write_over(self, key: str, content: bytes, tag: str | None) -> None:
        """Write over the object with an entity tag; if it is None, there must be none.

        Raises Conflict, perhaps although it succeeded: an answer may be lost.
        """
        self.write(key, content, **({"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}))

    def listed(self, prefix: str) -> Iterator[Stored]:
        """The objects whose keys begin with `prefix`, by key."""
        at = {"Bucket": self.place.bucket, "Prefix": prefix, "MaxKeys": MOST_AT_ONCE}
        while True:
            page = self.persistently("list", prefix, methodcaller("list_objects_v2", **at))
            for each in page.get("Contents", ()):
                yield Stored(each["Key"], each["Size"])
            if not page["IsTruncated"]:
                return
            at["ContinuationToken"] = page["NextContinuationToken"]

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that are not there any more do not matter."""
        left = iter(keys)
        while batch := list(islice(left, MOST_AT_ONCE)):
            objects = {"Objects": [{"Key": key} for key in batch], "Quiet": True}
            delete = methodcaller("delete_objects", Bucket=self.place.bucket, Delete=objects)
            answer = self.persistently("delete", batch[0], delete)
            for fault in answer.get("Errors", ()):
                raise StoreFault(
                    f"Cannot delete {fault.get('Key')} in bucket {self.place.bucket}: "
                    f"{fault.get('Code')} {fault.get('Message')}."
                )

    def abandon_uploads(self, prefix: str) -> None:
        """Abort the uploads below `prefix` that have not ended."""
        at = {"Bucket": self.place.bucket, "Prefix": prefix, "MaxUploads": MOST_AT_ONCE}
        ask, before = methodcaller("list_multipart_uploads", **at), None
        while True:  # those of the first page, until there are none or they cannot be aborted
            page = self.persistently("list the unfinished uploads of", prefix, ask)
            found = [(each["Key"], each["UploadId"]) for each in page.get("Uploads", ())]
            if not found or found == before:
                return
            for key, upload in found:
                self.abort(key, upload)
            before = found

    def abort(self, key: str, upload: str) -> None:
        """Abort an upload. If the store does not answer, the sweep of a worker does it later."""
        with suppress(Exception):
            self.client.abort_multipart_upload(Bucket=self.place.bucket, Key=key, UploadId=upload)


def checksum(content: bytes) -> str:
    """The SHA-256 of what is sent, as the headers of S3 have it."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
