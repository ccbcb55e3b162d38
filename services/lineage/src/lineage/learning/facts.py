"""What is known of a model itself, and which source's word counts."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from lineage.learning.batch import Facts
from lineage.trust import confidence


class Description(NamedTuple):
    """The facts about a model; `source` is the most trusted one that described it."""

    architecture: str | None = None
    parameters: int | None = None
    tokenizer: str | None = None
    licence: str | None = None
    domains: tuple[str, ...] = ()
    made_on: date | None = None
    source: str | None = None

    @classmethod
    def of(cls, row: Any) -> Description:
        """The facts in a model's row."""
        return cls(
            row.architecture,
            row.parameters,
            row.tokenizer,
            row.licence,
            tuple(row.domains),
            row.made_on,
            row.source,
        )

    def told(self, facts: Facts) -> Description:
        """The facts after a source has spoken: a less trusted one only fills gaps."""
        trusted = facts.confidence >= (confidence(self.source) if self.source else 1)
        taken: dict[str, Any] = {}
        for field in self._fields[:6]:
            value = getattr(facts, field)
            if value not in (None, ()) and (trusted or getattr(self, field) in (None, ())):
                taken[field] = value
        if trusted and taken.keys() - {"made_on"}:
            taken["source"] = facts.source
        return self._replace(**taken)


UNDESCRIBED = Description()
