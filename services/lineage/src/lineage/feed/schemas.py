"""The answer of the feed."""

from __future__ import annotations

from datetime import date

from lineage.answers.schemas import Named
from mergehub.contracts.messages import Answer


class FactsParent(Named):
    """A parent of a model, as the edge says that counts most between the two in this role."""

    relation: str
    role: str
    method: str | None
    weight: float | None


class ModelFacts(Named):
    """A model as it is now, or was at a change that is listed after this page.

    - `kind`: what its main edge says: `merge`, `finetune`, `adapter`, `quantized`, `distilled`, or
      `unknown`; `original` for a model without parents.
    - `method`: how a merge was made.
    - `licence`: the identifier where it is known how the licence was meant, else as it was written.
    - `flags`: the kinds of the flags that are set on this model itself. It inherits those of its
      ancestors.
    - `parents`: without withdrawn edges; the main one first.
    - `position`: the place of its last change.
    """

    former_names: list[str]
    kind: str
    method: str | None
    architecture: str | None
    parameters: int | None
    licence: str | None
    domains: list[str]
    flags: list[str]
    made_on: date | None
    parents: list[FactsParent]
    position: int


class FactsPage(Answer):
    """Models in the order in which they changed, each once.

    Ask again with `after` = `next_after`, now or in a year. If `newest` is smaller than `after`,
    the hub was restored from a backup: begin again at 0.
    """

    items: list[ModelFacts]
    next_after: int
    newest: int
    has_more: bool

    @property
    def revision(self) -> int:
        """What `mergehub.kit.http.follow` waits for."""
        return self.next_after
