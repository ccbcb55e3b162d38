"""What a token may allow."""

from __future__ import annotations

SCOPES = frozenset(
    {
        "recipes:read",
        "recipes:write",
        "runs:submit",
        "worker",
        "webhooks:manage",
        "accounts:manage",
        "tokens:introspect",
        "admin",
    }
)
SCOPES_OF_PEOPLE = (
    "accounts:manage",
    "recipes:read",
    "recipes:write",
    "runs:submit",
    "webhooks:manage",
)
"""What somebody who signs in may do, unless settings say otherwise."""
