"""Evaluate runs: finding their model, and storing and announcing scores per benchmark."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import EvaluationCompleted
from mergehub.contracts.kinds.evaluate import EvaluateResult, EvaluateRunCreate, EvaluateSpec
from mergehub.kit.identity.tokens import Principal
from mergehub.recipe import ModelRef, named_in
from registry.events.models import outbox
from registry.runs.errors import ReportInvalid
from registry.runs.handler import Handler, invalid
from registry.runs.models import ItemsRow, RunRow
from registry.runs.naming.resolve import Products, named, resolve
from registry.runs.sources import Sources


class EvaluateHandler(Handler[EvaluateRunCreate, EvaluateSpec, EvaluateResult]):
    async def spec(
        self,
        session: AsyncSession,
        submitter: Principal,
        wanted: EvaluateRunCreate,
        sources: Sources,
    ) -> tuple[EvaluateSpec, Products]:
        """Return the spec and its model's product. Raises RunInvalid, and what `resolve` raises."""
        try:
            reference = ModelRef.parse(wanted.model)
        except ValueError as error:
            raise invalid("/model", "bad-reference", str(error)) from None
        models = list(named_in(reference))
        products = await resolve(session, submitter, models, "/model")
        sources.names = {each.model.lower() for each in models}
        spec = EvaluateSpec(
            kind="evaluate",
            model=str(reference),
            model_name=named(reference, {name: run.model_name for name, run in products.items()}),
            benchmarks=list(dict.fromkeys(wanted.benchmarks)),
        )
        return spec, products

    def stored(self, result: EvaluateResult) -> dict[str, Any]:
        """The scores without the item scores, which have rows of their own."""
        if len({scored.benchmark for scored in result.results}) < len(result.results):
            raise ReportInvalid("The report has a benchmark twice.")
        return result.model_dump(mode="json", exclude={"results": {"__all__": {"items"}}})

    async def announce(
        self, session: AsyncSession, run: RunRow, spec: EvaluateSpec, result: EvaluateResult
    ) -> None:
        for scored in result.results:
            session.add(ItemsRow(run_id=run.id, benchmark=scored.benchmark, items=scored.items))
            data = EvaluationCompleted(
                run=run.id,
                model=spec.model_name,
                model_digest=result.model_digest,
                harness=result.harness,
                **scored.model_dump(exclude={"items"}),
            )
            subject = f"models/{spec.model_name}"
            await outbox.emit(
                session, "evaluation.completed", subject, data, run.private_to, run.traceparent
            )


HANDLER = EvaluateHandler()
