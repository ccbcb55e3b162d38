"""Errors of an S3-compatible store as sentences: which bucket and key, and what would be right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.exceptions import ConnectionError as NoConnection

from mergehub.artifacts.place import S3Place
from mergehub.artifacts.store import NotStored, StoreFault, Unavailable

KEYS = "MERGEHUB_S3_ACCESS_KEY and MERGEHUB_S3_SECRET_KEY"
REMEDIES = {
    "NoSuchBucket": "there is no such bucket: create it, or name another in MERGEHUB_ARTIFACTS",
    "InvalidAccessKeyId": "the store does not know MERGEHUB_S3_ACCESS_KEY: give the key of an "
    "account that may read and write the bucket",
    "SignatureDoesNotMatch": "MERGEHUB_S3_SECRET_KEY does not belong to MERGEHUB_S3_ACCESS_KEY",
    "AccessDenied": f"the account of {KEYS} may not do that: let it list, read, write and delete "
    "objects and multipart uploads there",
    "RequestTimeTooSkewed": "this machine's clock and the store's differ by more than the store "
    "allows (15 minutes on AWS): set the clock, for example with NTP",
    "AuthorizationHeaderMalformed": "the bucket is in another region: set MERGEHUB_S3_REGION",
    "PermanentRedirect": "the bucket is in another region: set MERGEHUB_S3_REGION and "
    "MERGEHUB_S3_ENDPOINT to that of the bucket",
}
FORBIDDEN, MISSING, CONFLICT = 403, 404, 412
LATER = frozenset((408, 409, 429, 500, 502, 503, 504))


class Conflict(StoreFault):
    """An object is there already, or is no longer what the caller saw."""


@contextmanager
def explained(place: S3Place, doing: str, key: str) -> Iterator[None]:
    """Raise a StoreFault for each error of the library, named after what was tried."""
    what = f"{doing} {key or 'the bucket'} in bucket {place.bucket} at {_endpoint(place)}"
    try:
        yield
    except ClientError as error:
        raise _refusal(what, error) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise StoreFault(
            f"Cannot {what}: there are no keys; set {KEYS}, or give the process a role."
        ) from error
    except (NoConnection, EndpointConnectionError, ReadTimeoutError) as error:
        raise Unavailable(
            f"Cannot {what}: the store does not answer ({error}). MERGEHUB_S3_ENDPOINT must be its "
            "origin, such as https://s3.example.org."
        ) from error
    except BotoCoreError as error:
        raise Unavailable(f"Cannot {what}: {error}.") from error


def _refusal(what: str, error: ClientError) -> StoreFault:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = error.response.get("Error", {}).get("Code", "")
    if status == CONFLICT:
        return Conflict(f"Cannot {what}: it has changed.")
    if remedy := REMEDIES.get(code):
        return StoreFault(f"Cannot {what}: {remedy}.")
    if status == MISSING:
        return NotStored(f"Cannot {what}: there is no such object.")
    if status == FORBIDDEN:  # an answer to HEAD has no code
        return StoreFault(f"Cannot {what}: the store refuses {KEYS} ({code}).")
    if status in LATER:
        return Unavailable(f"Cannot {what}: the store answered {status} ({code}).")
    return StoreFault(f"Cannot {what}: {error}.")


def _endpoint(place: S3Place) -> str:
    return place.endpoint or f"AWS, region {place.region}"
