"""The responses about workers beyond those in `mergehub.contracts.workers`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mergehub.contracts.messages import Answer
from mergehub.contracts.workers import Worker
from mergehub.kit.paging.pages import Page


class WorkerPage(Page[Worker]):
    """Sorted by name."""


class SigningKey(Answer):
    """A public key; `id` is the SHA-256 of its DER form in hexadecimal."""

    id: str
    algorithm: Literal["ed25519"]
    pem: str


class SigningKeys(Answer):
    """The public keys of a hub; none if its workers sign nothing."""

    keys: list[SigningKey] = Field(description="The present key first, then earlier ones.")
