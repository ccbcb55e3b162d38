"""The lock of a merge: every ingredient pinned to a revision and to the digest of each file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from .reference import ModelRef

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]

LARGEST_NUMBER = 2**53 - 1
"""The largest whole number that every reader of JSON keeps, and that canonical JSON has."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LockedFile(_Frozen):
    """A file as it was read: its SHA-256 in hexadecimal and its size in bytes."""

    sha256: Sha256
    size: NonNegativeInt


class LockedIngredient(_Frozen):
    """A model of a recipe, pinned.

    `ref` is the reference as in the recipe; `revision` is what it resolved to (a commit, a run), if
    its kind has revisions; `files` maps each path inside the model to the file.
    """

    ref: ModelRef
    kind: Literal["hub", "folder", "s3", "run"]
    revision: str | None = None
    files: Mapping[str, LockedFile]


class Lock(_Frozen):
    """What determines the output together with the recipe: a rerun under it must agree.

    `method_file` is the SHA-256 of the file that the merge method came from, if it is not one of
    the engine's.
    """

    version: Literal[1] = 1
    recipe: Digest
    engine: str
    seed: int
    method_file: Sha256 | None = None
    ingredients: tuple[LockedIngredient, ...]

    @model_serializer(mode="wrap")
    def _plain(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The lock as data; without a method file, it has the digest of earlier locks.

        A seed that JSON has no number for is text.
        """
        plain: dict[str, Any] = handler(self)
        if self.seed > LARGEST_NUMBER:
            plain["seed"] = str(self.seed)
        if self.method_file is None:
            del plain["method_file"]
        return plain


def canonical_lock(lock: Lock) -> bytes:
    """The lock as canonical JSON (RFC 8785)."""
    text: bytes = rfc8785.dumps(lock.model_dump(mode="json"))
    return text


def lock_digest(lock: Lock) -> str:
    """The digest of a lock: the SHA-256 of its canonical JSON."""
    return f"sha256:{hashlib.sha256(canonical_lock(lock)).hexdigest()}"
