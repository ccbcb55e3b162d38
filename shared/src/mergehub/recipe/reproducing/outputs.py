"""The digest of a whole model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def output_digest(digests: Mapping[str, str]) -> str:
    """The digest of an output, from the digests of its tensors (name to hexadecimal)."""
    lines = "".join(f"{digests[name]}\n" for name in sorted(digests))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"
