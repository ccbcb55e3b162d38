"""Checks the bucket of the models that runs make: whether an object can come and go there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import uuid4

from mergehub.artifacts.place import SCHEME, S3Place
from mergehub.artifacts.store import StoreFault
from mergehub.hub.doctor.finding import Finding, failed, given, ok

CHECK = "artifacts"
CONTENT = b"written by mergehub doctor\n"


def is_bucket(artifacts: str | None) -> bool:
    """Whether MERGEHUB_ARTIFACTS names a bucket."""
    return artifacts is not None and artifacts.startswith(SCHEME)


def check_bucket(environment: Mapping[str, str]) -> Iterator[Finding]:
    """List, write, read and delete a small object; nothing if the models are in a folder."""
    url = given(environment, "ARTIFACTS")
    if url is None or not is_bucket(url):
        return
    options = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
    told = {name.lower(): given(environment, f"S3_{name}") for name in options}
    try:
        place = S3Place.at(url, **told)
        _try(place)
    except ValueError:  # the check of the settings says why
        return
    except StoreFault as error:
        found, _, right = str(error).partition(": ")
        yield failed(CHECK, found, right[:1].upper() + right[1:])
    else:
        yield ok(
            CHECK,
            f"MERGEHUB_ARTIFACTS {place.url}: objects can be listed, written, read and deleted",
        )


def _try(place: S3Place) -> None:
    """Raises StoreFault, at once if the store does not answer."""
    from mergehub.artifacts.bucket import Bucket
    from mergehub.artifacts.s3_faults import explained

    client, key = Bucket(place).client, place.key("doctor", uuid4().hex)
    at = {"Bucket": place.bucket, "Key": key}
    with explained(place, "list", ""):  # some stores create a missing bucket at a write
        client.list_objects_v2(Bucket=place.bucket, Prefix=key, MaxKeys=1)
    with explained(place, "write", key):
        client.put_object(**at, Body=CONTENT)
    with explained(place, "read", key):
        read = client.get_object(**at)["Body"].read()
    with explained(place, "delete", key):
        client.delete_object(**at)
    if read != CONTENT:
        raise StoreFault(f"Cannot read {key} in bucket {place.bucket}: other bytes came back.")
