"""Count runs: the registry finds their model."""

from __future__ import annotations

from typing import Any

from mergehub.contracts.kinds.count import CountResult, CountRunCreate, CountSpec

from mergehub.recipe import ModelRef, named_in
from registry.runs.handler import Handler
from registry.runs.naming.resolve import named, resolve


class CountHandler(Handler[CountRunCreate, CountSpec, CountResult]):
    async def spec(
        self, session: Any, submitter: Any, wanted: CountRunCreate, sources: Any
    ) -> tuple[CountSpec, Any]:
        reference = ModelRef.parse(wanted.model)
        products = await resolve(session, submitter, list(named_in(reference)), "/model")
        name = named(reference, {each: run.model_name for each, run in products.items()})
        return CountSpec(kind="count", model=str(reference), model_name=name), products


HANDLER = CountHandler()
