"""The count behind an account's quota of stored bytes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Select, cast, func, select

from registry.accounts.quotas import Count
from registry.stored.errors import StorageQuotaExceeded
from registry.stored.models import ArtifactRow


def _bytes(owner: str) -> Select[int]:
    """Return the query for the bytes of an account's models, without those that are to go."""
    mine = ArtifactRow.owner == owner, ArtifactRow.state == "stored"
    total = cast(func.coalesce(func.sum(ArtifactRow.size), 0), BigInteger)
    return select(total).where(*mine)


BYTES = Count("artifact_bytes", "bytes of models", _bytes, StorageQuotaExceeded)

COUNTS = (BYTES,)
