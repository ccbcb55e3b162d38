"""The sources of a run, which decide its owner and who may see it.

A run of something private is private to the same account, and so is everything made of that run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Principal
from registry.accounts.access import WRITERS, check_may, role_in
from registry.accounts.service import own
from registry.recipes.models import RecipeRow
from registry.runs.errors import PrivateMixed, RunInvalid
from registry.runs.models import RunRow


@dataclass
class Sources:
    """The recipes that a run follows from, the runs whose models it takes, and the names, in lower
    case, of all models that it names."""

    recipes: set[UUID] = field(default_factory=set)
    runs: set[UUID] = field(default_factory=set)
    recipe: UUID | None = None
    names: set[str] = field(default_factory=set)

    def take(self, runs: Iterable[RunRow]) -> None:
        """Add the runs whose models are taken."""
        for run in runs:
            self.runs.add(run.id)
            self.recipes.update(run.sources)


async def belonging(session: AsyncSession, submitter: Principal, sources: Sources) -> str | None:
    """The account to which a run of these sources is private; None if the run is public.

    The run belongs to that account. A run of an unlisted recipe is private, too: to the recipe's
    owner if the submitter writes there, else to the submitter.

    Raises PrivateMixed if sources are private to different accounts, NotYours if the submitter may
    only read there, and RunInvalid if the recipe has been deleted.
    """
    recipe = await _locked_recipe(session, sources)
    owners = await _private_to(session, sources, recipe)
    if len(owners) > 1:
        raise PrivateMixed(f"It would combine what is private to {' and '.join(sorted(owners))}.")
    for owner in owners:
        await check_may(session, submitter, owner)
    if not owners and recipe is not None and recipe.seen_as == "unlisted":
        writes = await role_in(session, submitter.account, recipe.owner) in WRITERS
        return recipe.owner if writes else own(submitter)
    return next(iter(owners), None)


async def _locked_recipe(session: AsyncSession, sources: Sources) -> RecipeRow | None:
    """The recipe that the run names, if any. Raises RunInvalid if it has been deleted.

    All recipes in `sources` are locked: a request that changes their visibility waits and finds
    this run.
    """
    recipes = select(RecipeRow).where(RecipeRow.id.in_(sources.recipes)).order_by(RecipeRow.id)
    locked = await session.scalars(
        recipes.with_for_update(read=True).execution_options(populate_existing=True)
    )
    recipe = next((each for each in locked if each.id == sources.recipe), None)
    if sources.recipe is not None and recipe is None:
        raise RunInvalid("The recipe has just been deleted.")
    return recipe


async def _private_to(
    session: AsyncSession, sources: Sources, recipe: RecipeRow | None
) -> set[str]:
    """The accounts to which something in `sources` is private."""
    runs = select(RunRow).where(RunRow.id.in_(sources.runs))
    taken = await session.scalars(runs.execution_options(populate_existing=True))
    owners = {each.private_to for each in taken}
    if recipe is not None and recipe.seen_as == "private":
        owners.add(recipe.owner)
    return {owner for owner in owners if owner}
