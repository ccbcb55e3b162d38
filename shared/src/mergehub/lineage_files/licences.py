"""The licence of a model in the metadata of a card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .values import text


def licence_of(card: Mapping[str, Any]) -> str | None:
    """The licence of a card's front matter; the name of one that is none of the usual."""
    stated = card.get("license")
    stated = stated[0] if isinstance(stated, list) and stated else stated
    named = text(card.get("license_name")) if stated == "other" else None
    return named or text(stated)
