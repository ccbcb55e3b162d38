"""Ablate runs: finding their recipe, and storing and announcing what each ingredient adds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import AblationCompleted, ToldCandidate
from mergehub.contracts.kinds import MAKERS
from mergehub.contracts.kinds.ablate import AblateResult, AblateRunCreate, AblateSpec
from mergehub.contracts.runs import RunState
from mergehub.kit.identity.tokens import Principal
from mergehub.recipe import ModelRef
from registry.events.models import outbox
from registry.runs.errors import ReportInvalid
from registry.runs.handler import Handler, invalid
from registry.runs.kinds.evaluate import has_repeated
from registry.runs.models import ItemsRow, RunRow
from registry.runs.naming.resolve import Products, resolve
from registry.runs.sources import Sources
from registry.runs.wanted.kept import without_hidden
from registry.runs.wanted.recipes import unwritten, wanted_recipe


class AblateHandler(Handler[AblateRunCreate, AblateSpec, AblateResult]):
    async def spec(
        self,
        session: AsyncSession,
        submitter: Principal,
        wanted: AblateRunCreate,
        sources: Sources,
    ) -> tuple[AblateSpec, Products]:
        """Return the spec and its products. Raises RunInvalid, RecipeInvalid, and what `resolve`
        raises."""
        given = [wanted.model, wanted.recipe, wanted.recipe_version]
        if sum(each is not None for each in given) != 1:
            raise invalid(
                "/recipe",
                "conflict",
                "Give exactly one of `model`, `recipe` (text) and `recipe_version` (id).",
            )
        seed, version, name = wanted.seed, wanted.recipe_version, None
        if wanted.model is not None:
            made = await _maker(session, submitter, wanted.model, sources)
            seed, name = made.spec["seed"], made.model_name
            version = UUID(v) if (v := made.spec["recipe_version"]) else None
            wanted = wanted.model_copy(
                update={"recipe": made.spec["recipe"], "recipe_version": None}
            )
        checked, digest, products = await wanted_recipe(session, submitter, wanted, sources)
        spec = AblateSpec(
            kind="ablate",
            recipe=checked.source,
            recipe_version=version,
            recipe_digest=digest,
            model_name=name or unwritten(digest),
            benchmarks=list(dict.fromkeys(wanted.benchmarks)),
            seed=seed,
            limit=wanted.limit,
            chat_template=wanted.chat_template,
            fresh=wanted.fresh,
        )
        return spec, products

    def stored(self, result: AblateResult) -> dict[str, Any]:
        """The scores without the item scores, which have rows of their own."""
        if any(has_repeated(candidate.results) for candidate in result.candidates):
            raise ReportInvalid("The report has a benchmark twice in one candidate.")
        if result.candidates[0].without is not None:
            raise ReportInvalid("The first candidate of an ablation is the whole merge.")
        items = {"candidates": {"__all__": {"results": {"__all__": {"items"}}}}}
        return result.model_dump(mode="json", exclude=items)

    async def announce(
        self, session: AsyncSession, run: RunRow, spec: AblateSpec, result: AblateResult
    ) -> None:
        run.result = await without_hidden(session, run)
        for place, candidate in enumerate(result.candidates):
            for scored in candidate.results:
                benchmark = items_of(scored.benchmark, place)
                session.add(ItemsRow(run_id=run.id, benchmark=benchmark, items=scored.items))
        model = await _named(session, run, spec, result.candidates[0].model_digest)
        data = AblationCompleted(
            run=run.id,
            model=model,
            method=result.method,
            recipe_version=spec.recipe_version,
            recipe_digest=spec.recipe_digest,
            harness=result.harness,
            candidates=[
                ToldCandidate.model_validate(each.model_dump(exclude=_NOT_TOLD))
                for each in result.candidates
            ],
        )
        subject = f"models/{model}" if model else f"runs/{run.id}"
        await outbox.emit(
            session, "ablation.completed", subject, data, run.private_to, run.traceparent
        )


HANDLER = AblateHandler()

_NOT_TOLD: Any = {"results": {"__all__": {"items", "cached"}}}


def items_of(benchmark: str, candidate: int) -> str:
    """The name under which the run has the item scores of a candidate: `dates`, `dates~1`, …"""
    return f"{benchmark}~{candidate}" if candidate else benchmark


async def _maker(
    session: AsyncSession, submitter: Principal, model: str, sources: Sources
) -> RunRow:
    """The run that merged a model. Raises RunInvalid, and what `resolve` raises."""
    try:
        reference = ModelRef.parse(model)
    except ValueError as error:
        raise invalid("/model", "bad-reference", str(error)) from None
    found = await resolve(session, submitter, [reference], "/model")
    if reference.adapter is not None or len(found) != 1:
        raise invalid(
            "/model",
            "not-merged-here",
            f"No run of this hub that you may see has merged {model}.",
            "the name of a merged model such as me/soup, or a `recipe`",
        )
    (product,) = found.values()
    run = await session.get_one(RunRow, product.id, populate_existing=True)
    sources.take([run])
    return run


async def _named(session: AsyncSession, run: RunRow, spec: AblateSpec, digest: str) -> str | None:
    """The name of the ablated model, if a run made these very weights under it; else None.

    Its recipe may give others now, since a name in it may stand for a newer model.
    """
    made = RunRow.kind.in_(MAKERS), RunRow.state == RunState.SUCCEEDED
    same = RunRow.result["output_digest"].astext == digest
    called = func.lower(RunRow.model_name) == func.lower(spec.model_name)
    newest = select(RunRow.model_name).where(called, *made, same)
    return await session.scalar(newest.order_by(RunRow.created_at.desc()).limit(1))
