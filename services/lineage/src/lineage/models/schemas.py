"""The requests and responses about models."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from lineage.models.models import NAME_LENGTH
from mergehub.contracts.domains.fields import EACH_ONCE
from mergehub.contracts.examples import example
from mergehub.contracts.licences.identifiers import identifier_of
from mergehub.contracts.lineage_names import composed, fault
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.shapes import Day, Text
from mergehub.kit.paging.pages import Page


def _name(written: str) -> str:
    name = composed(written)
    if why := fault(name):
        raise PydanticCustomError(
            "model_name", "must be a name such as org/soup: {why}", {"why": why}
        )
    return name


Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH), AfterValidator(_name)]


class Model(Answer):
    """A model, what is known of it, and how often it was used: each count is of distinct children.

    `alias_of` is the model that now has this name, in another spelling. `source` is where the facts
    were learned.
    """

    id: UUID
    name: str
    children_count: int
    base_count: int
    ingredient_count: int
    created_at: datetime
    alias_of: UUID | None
    architecture: str | None
    parameters: int | None
    tokenizer: str | None
    licence: Annotated[str, AfterValidator(identifier_of)] | None
    domains: Annotated[list[str], EACH_ONCE]
    source: str | None
    made_on: date | None


class ListedModel(Model):
    """`former_name`: the name that was found, if the model has another one today."""

    former_name: str | None


class ModelPage(Page[ListedModel]):
    """Sorted by name, or else the models that fit best first."""


class ModelUpdate(Message):
    """What is left out stays as it is; null removes a fact."""

    model_config = example(name="org/base-7b", licence="apache-2.0", parameters=7_000_000_000)

    name: Name | None = Field(None, description="The new name. Former names still find the model.")
    architecture: Text | None = Field(None, max_length=100)
    parameters: int | None = Field(None, ge=0, lt=2**63)
    tokenizer: Text | None = Field(None, max_length=500)
    licence: Annotated[Text, AfterValidator(identifier_of)] | None = Field(None, max_length=100)
    domains: (
        Annotated[list[Annotated[Text, Field(min_length=1, max_length=60)]], EACH_ONCE] | None
    ) = Field(None, max_length=50)
    made_on: Day | None = Field(None, description="When the model was published.")


class ModelName(Answer):
    name: str
    since: datetime


class Revision(Answer):
    id: UUID
    digest: str
    created_at: datetime


class RefusedParent(Answer):
    """A parent that was reported but is not in the graph, and why."""

    parent: UUID
    name: str
    relation: str
    role: str
    run: UUID | None
    source: str
    reason: str
    created_at: datetime


class WithdrawnParent(Answer):
    """A parent that the graph had until a moderator withdrew the edge: why, and by whom.

    `evidence` is the moderator's. Another request can restore the `edge`.
    """

    edge: int
    parent: UUID
    name: str
    relation: str
    role: str
    method: str | None
    weight: float | None
    source: str
    confidence: int
    reason: str
    evidence: str | None
    withdrawn_by: str
    withdrawn_at: datetime


class Claim(Answer):
    """What another source says about a parent; the graph shows a stronger claim.

    `confidence` (0 to 100) is how far the source is trusted, and `evidence` where it says so.
    """

    parent: UUID
    name: str
    child_digest: str | None
    parent_digest: str | None
    role: str
    relation: str
    method: str | None
    weight: float | None
    density: float | None
    layers: list[tuple[int, int]] | None
    source: str
    confidence: int
    evidence: str | None
    made_on: date | None
    created_at: datetime


class Flag(Answer):
    """A warning about a model, by whom it was set, and whether it was cleared."""

    id: int
    kind: str
    reason: str
    evidence: str | None
    set_by: str
    set_at: datetime
    cleared_by: str | None
    cleared_at: datetime | None


class ModelDetail(Model):
    """A model with its names, revisions and flags, oldest first.

    `kind` says how the model was made: `original` without a known parent, or else the relation of
    its most trusted edge. `score` (0 to 100) and `uplift` over the best ingredient are those of the
    leaderboard's board `overall`, if there are any.
    """

    kind: str
    score: float | None
    uplift: float | None
    names: list[ModelName]
    revisions: list[Revision]
    flags: list[Flag]
    claims: list[Claim]
    refused_parents: list[RefusedParent]
    withdrawn_parents: list[WithdrawnParent]
