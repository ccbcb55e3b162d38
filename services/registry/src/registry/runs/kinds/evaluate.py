"""Evaluate runs: finding their model, and storing and announcing scores per benchmark."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import EvaluationCompleted
from mergehub.contracts.kinds.evaluate import (
    BenchmarkResult,
    EvaluateResult,
    EvaluateRunCreate,
    EvaluateSpec,
)
from mergehub.kit.identity.tokens import Principal
from mergehub.recipe import ModelRef, named_in
from registry.events.models import outbox
from registry.runs.errors import ReportInvalid
from registry.runs.handler import Handler, invalid
from registry.runs.models import ItemsRow, RunRow
from registry.runs.naming.resolve import Products, named, resolve
from registry.runs.sources import Sources
from registry.runs.wanted.kept import without_hidden
from registry.runs.wanted.recipes import unwritten, wanted_recipe


class EvaluateHandler(Handler[EvaluateRunCreate, EvaluateSpec, EvaluateResult]):
    async def spec(
        self,
        session: AsyncSession,
        submitter: Principal,
        wanted: EvaluateRunCreate,
        sources: Sources,
    ) -> tuple[EvaluateSpec, Products]:
        """Return the spec and its products. Raises RunInvalid, RecipeInvalid, and what `resolve`
        raises."""
        given = [wanted.model, wanted.recipe, wanted.recipe_version]
        if sum(each is not None for each in given) != 1:
            raise invalid(
                "/model",
                "conflict",
                "Give exactly one of `model`, `recipe` (text) and `recipe_version` (id).",
            )
        if wanted.model is not None:
            return await _of_model(session, submitter, wanted, wanted.model, sources)
        return await _of_recipe(session, submitter, wanted, sources)

    def stored(self, result: EvaluateResult) -> dict[str, Any]:
        """The scores without the item scores, which have rows of their own."""
        if has_repeated(result.results):
            raise ReportInvalid("The report has a benchmark twice.")
        return result.model_dump(mode="json", exclude={"results": {"__all__": {"items"}}})

    async def announce(
        self, session: AsyncSession, run: RunRow, spec: EvaluateSpec, result: EvaluateResult
    ) -> None:
        """Announce each score of a model; those of a merge that nobody has stay in the run."""
        run.result = await without_hidden(session, run)
        for scored in result.results:
            session.add(ItemsRow(run_id=run.id, benchmark=scored.benchmark, items=scored.items))
            if spec.recipe is None:
                await _announce(session, run, spec, result, scored)


HANDLER = EvaluateHandler()


def has_repeated(results: list[BenchmarkResult]) -> bool:
    """Whether a benchmark occurs twice."""
    return len({scored.benchmark for scored in results}) < len(results)


async def _of_model(
    session: AsyncSession,
    submitter: Principal,
    wanted: EvaluateRunCreate,
    model: str,
    sources: Sources,
) -> tuple[EvaluateSpec, Products]:
    try:
        reference = ModelRef.parse(model)
    except ValueError as error:
        raise invalid("/model", "bad-reference", str(error)) from None
    models = list(named_in(reference))
    products = await resolve(session, submitter, models, "/model")
    sources.names = {each.model.lower() for each in models}
    names = {name: run.model_name for name, run in products.items()}
    return _spec(wanted, str(reference), named(reference, names)), products


async def _of_recipe(
    session: AsyncSession, submitter: Principal, wanted: EvaluateRunCreate, sources: Sources
) -> tuple[EvaluateSpec, Products]:
    checked, digest, products = await wanted_recipe(session, submitter, wanted, sources)
    name = unwritten(digest)
    recipe = {
        "recipe": checked.source,
        "recipe_version": wanted.recipe_version,
        "recipe_digest": digest,
    }
    return _spec(wanted, name, name, **recipe), products


def _spec(wanted: EvaluateRunCreate, model: str, name: str, **recipe: Any) -> EvaluateSpec:
    return EvaluateSpec(
        kind="evaluate",
        model=model,
        model_name=name,
        benchmarks=list(dict.fromkeys(wanted.benchmarks)),
        seed=wanted.seed,
        limit=wanted.limit,
        chat_template=wanted.chat_template,
        fresh=wanted.fresh,
        **recipe,
    )


async def _announce(
    session: AsyncSession,
    run: RunRow,
    spec: EvaluateSpec,
    result: EvaluateResult,
    scored: BenchmarkResult,
) -> None:
    data = EvaluationCompleted(
        run=run.id,
        model=spec.model_name,
        model_digest=result.model_digest,
        harness=result.harness,
        cached=scored.cached is not None,
        **scored.model_dump(exclude={"items", "cached"}),
    )
    subject = f"models/{spec.model_name}"
    await outbox.emit(
        session, "evaluation.completed", subject, data, run.private_to, run.traceparent
    )
