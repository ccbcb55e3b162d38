"""What the operations on recipes take beside their bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Path, Request

from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.accounts.access import NotYours
from registry.accounts.errors import NoAccount, OwnerInvalid, QuotaExceeded
from registry.acting import acting
from registry.actor import Actor
from registry.idempotency.errors import KeyInProgress
from registry.recipes.beside_lineage.lineage import Lineage
from registry.recipes.check import RecipeInvalid
from registry.recipes.errors import NameTaken, RecipeNotFound
from registry.recipes.visibility import Follower

Responses = dict[int | str, dict[str, Any]]
SEEN = problem_responses(RecipeNotFound, Unauthenticated)
PUBLISHING = (
    Unauthenticated,
    NotYours,
    NoAccount,
    QuotaExceeded,
    NameTaken,
    KeyInProgress,
    RecipeInvalid,
    OwnerInvalid,
)
"""The problems of publishing a new recipe."""

Writer = Annotated[Actor, Depends(acting("recipes:write"))]
Number = Annotated[int, Path(ge=1, lt=2**31, description="A version's number, from 1.")]


def _followers(request: Request) -> Sequence[Follower]:
    followers: Sequence[Follower] = request.app.state.recipe_followers
    return followers


def lineage_of(request: Request) -> Lineage:
    """What knows the lineage of models."""
    lineage: Lineage = request.app.state.lineage
    return lineage


async def _lineage(request: Request) -> Lineage:
    return lineage_of(request)


AskedLineage = Annotated[Lineage, Depends(_lineage)]
Followers = Annotated[Sequence[Follower], Depends(_followers)]
