"""How far each source of statements is trusted, from 0 to 100."""

from __future__ import annotations

from typing import Final

REGISTRY: Final = "registry"
MANUAL: Final = "manual"
"""What a writer said of a model through the API."""
UNKNOWN_SOURCE: Final = 40

WITH_RELATION: Final = {
    REGISTRY: 100,  # a run of this hub's worker
    MANUAL: 90,
    "merge-card": 80,  # the recipe in a model card
    "hub-metadata": 70,
    "model-card": 70,
    "edge-list": 40,
}
WITHOUT_RELATION: Final = {"model-card": 50}


def confidence(source: str, relation: str | None = None) -> int:
    """How far `source` is trusted; less if it does not say how the models are related."""
    usual = WITH_RELATION.get(source, UNKNOWN_SOURCE)
    return WITHOUT_RELATION.get(source, usual) if relation == "unknown" else usual
