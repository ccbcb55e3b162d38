"""Reads a range of an object; a connection that breaks is made again where it broke."""

from __future__ import annotations

from typing import Any

from mergehub.artifacts.bucket import Bucket
from mergehub.artifacts.store import Unavailable
from mergehub.artifacts.transfer import BLOCK

PATIENCE_SECONDS = 8.0  # shorter than a request may take; the reader's client can resume


class S3Reading:
    """The bytes from `start` to before `stop` of an object, of which one block is in memory."""

    def __init__(self, bucket: Bucket, key: str, start: int, stop: int) -> None:
        self._bucket, self._key = bucket, key
        self._at, self._stop = start, stop
        self._body: Any = None
        if start < stop:
            self._persistently(self._open)

    def block(self) -> bytes:
        if self._at == self._stop:
            return b""
        return self._persistently(self._next)

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
        self._body = None

    def _persistently(self, work: Any) -> bytes:
        found: bytes = self._bucket.persistently("read", self._key, work, PATIENCE_SECONDS)
        return found

    def _open(self, client: Any) -> bytes:
        answer = client.get_object(
            Bucket=self._bucket.place.bucket,
            Key=self._key,
            Range=f"bytes={self._at}-{self._stop - 1}",
        )
        self._body = answer["Body"]
        return b""

    def _next(self, client: Any) -> bytes:
        if self._body is None:
            self._open(client)
        try:
            found: bytes = self._body.read(min(BLOCK, self._stop - self._at))
        except Exception:
            self.close()
            raise
        if not found:
            self.close()
            raise Unavailable(f"{self._key} ended {self._stop - self._at} bytes early.")
        self._at += len(found)
        return found
