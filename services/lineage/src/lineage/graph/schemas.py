"""The responses about the most used models."""

from __future__ import annotations

from lineage.models.schemas import Model
from mergehub.contracts.messages import Answer


class PopularModels(Answer):
    items: list[Model]
