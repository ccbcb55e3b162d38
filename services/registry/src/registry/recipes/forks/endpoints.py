"""`/v1/recipes/{recipe_id}/fork` and `/v1/recipes/{recipe_id}/forks`."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request, Response

from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import problem_responses
from registry.idempotency.once import Answered, Once
from registry.recipes.beside_lineage.advised import check_beside_lineage
from registry.recipes.errors import RecipeNotFound
from registry.recipes.forks import service
from registry.recipes.forks.schemas import ForkCreate, ForkPage
from registry.recipes.parameters import PUBLISHING, SEEN, AskedLineage, Writer
from registry.recipes.published import published
from registry.recipes.schemas import PublishedRecipe
from registry.recipes.service import not_found

router = Router(prefix="/v1/recipes", tags=["recipes"])


@router.post(
    "/{recipe_id}/fork",
    summary="Fork a recipe",
    status_code=201,
    response_model=PublishedRecipe,
    responses=problem_responses(*PUBLISHING, RecipeNotFound),
)
async def fork_recipe(
    recipe_id: UUID,
    session: Session,
    writer: Writer,
    once: Once,
    lineage: AskedLineage,
    request: Request,
    body: ForkCreate | None = None,
) -> Response:
    """Publish a version of a recipe as a recipe of your own, which keeps where it came from.

    Title, description, tags, domains, licence and visibility are those of the origin, unless you
    give others.
    """
    wanted, database = body or ForkCreate(), request.app.state.database
    async with database.reading() as before:  # so that no connection is held meanwhile
        origin = await service.wanted_from(before, recipe_id, wanted, writer.who)
    advised = await check_beside_lineage(origin[0], lineage, origin[1]) if origin else None

    async def effect() -> Answered:
        if advised is None:
            raise not_found(recipe_id)
        recipe, same = await service.fork(session, writer, recipe_id, wanted, advised.recipe)
        answer = published(recipe, same, advised)
        return Answered(201, answer, {"Location": f"/v1/recipes/{recipe.id}"})

    return await once(session, writer, wanted, effect)


@router.get(
    "/{recipe_id}/forks",
    summary="List the forks of a recipe",
    responses=SEEN | problem_responses(BadCursor),
)
async def list_recipe_forks(
    recipe_id: UUID, session: Session, asked: Paging, viewer: Viewing
) -> ForkPage:
    """The forks of a recipe that you may see, newest first, without archived ones."""
    return await service.page(session, recipe_id, viewer, asked)
