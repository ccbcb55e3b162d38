"""What pushing needs, what it returns, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from mergehub.artifacts import S3Place

OnProgress = Callable[[int, int, int, int], None]
"""Called with the files done and in all, and the bytes done and in all; an exception stops."""
NAMED = 5
"""How many files an error names."""


class Means(BaseModel):
    """Where a worker may push, and with what.

    Without `hf_token` (None) the library finds one, as in a shell; an empty one means none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow: tuple[str, ...] = ()
    hf_token: str | None = Field(default=None, repr=False)
    s3_endpoint: str | None = None
    s3_access_key: str | None = Field(default=None, repr=False)
    s3_secret_key: str | None = Field(default=None, repr=False)
    s3_region: str = "us-east-1"

    def place(self, url: str) -> S3Place:
        """The place of a URL in the store of these settings. Raises ValueError."""
        return S3Place.at(
            url,
            endpoint=self.s3_endpoint,
            access_key=self.s3_access_key,
            secret_key=self.s3_secret_key,
            region=self.s3_region,
        )


@dataclass(frozen=True)
class Pushed:
    """Where a model is now; `sent` is how many of its files were not there before."""

    url: str
    commit: str | None
    visibility: Literal["public", "private"] | None
    files: int
    bytes: int
    sent: int


class PushFault(Exception):
    """A model cannot be pushed; another attempt helps only if it is `retryable`."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


def other_content(destination: str, names: list[str]) -> PushFault:
    """The fault of a destination that holds something else."""
    rest = iter(sorted(names))
    said = ", ".join(islice(rest, NAMED))
    more = sum(1 for _ in rest)
    return PushFault(
        f"{destination} has other content ({said}{f' and {more} more' if more else ''}). Push to "
        "another place, or replace what is there with `replace` (in the shell: --replace)"
    )
