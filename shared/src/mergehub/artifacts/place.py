"""The place of a store in S3: `s3://bucket/prefix`, and how to reach it."""

from __future__ import annotations

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

SCHEME = "s3://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[\w.!*'()-]+(?:/[\w.!*'()-]+)*", re.ASCII)


class S3Place(BaseModel):
    """A bucket, a prefix in it, the endpoint's origin, and the keys.

    Without an endpoint it is AWS's; without keys they come from where AWS's own tools look, such
    as the role of a pod.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    access_key: str | None = Field(default=None, repr=False)
    secret_key: str | None = Field(default=None, repr=False)
    region: str = "us-east-1"

    @classmethod
    def at(cls, url: str, **options: str | None) -> Self:
        """The place of a URL. Raises ValueError."""
        bucket, prefix = split_url(url)
        given = {name: value for name, value in options.items() if value is not None}
        return cls(bucket=bucket, prefix=prefix, **given)

    def key(self, *parts: str) -> str:
        """The key of an object of the store."""
        return "/".join((*filter(None, (self.prefix,)), *parts))

    @property
    def url(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}".rstrip("/")


def split_url(url: str) -> tuple[str, str]:
    """The bucket and prefix of `s3://bucket/prefix`. Raises ValueError."""
    bucket, _, prefix = url.removeprefix(SCHEME).partition("/")
    prefix = prefix.rstrip("/")
    if not url.startswith(SCHEME) or not _BUCKET.fullmatch(bucket):
        raise ValueError(
            "it must be s3://bucket/prefix with a bucket of 3 to 63 lower-case letters, digits, "
            "dots and hyphens"
        )
    if prefix and (not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
        raise ValueError("its prefix may have letters, digits and ._-!*'() between single slashes")
    return bucket, prefix
