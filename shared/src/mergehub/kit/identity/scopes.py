"""The scopes that a token may have."""

from __future__ import annotations

SCOPES = frozenset(
    {
        "recipes:read",
        "recipes:write",
        "runs:submit",
        "boards:write",
        "lineage:write",
        "lineage:moderate",
        "results:write",
        "results:moderate",
        "worker",
        "webhooks:manage",
        "accounts:manage",
        "tokens:introspect",
        "admin",
    }
)
SCOPES_OF_PEOPLE = (
    "accounts:manage",
    "boards:write",
    "recipes:read",
    "recipes:write",
    "runs:submit",
    "webhooks:manage",
)
"""The scopes of people who sign in, unless settings name others."""
