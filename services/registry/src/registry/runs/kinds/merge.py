"""Merge runs: checking their recipe, naming their model, announcing their product."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.destinations import PushTo
from mergehub.contracts.events import ModelProduced, ToldParent
from mergehub.contracts.kinds.merge import MergeResult, MergeRunCreate, MergeSpec, Parent
from mergehub.contracts.provenance.tensors import weights_in
from mergehub.kit.identity.tokens import Principal
from mergehub.recipe import ModelRef
from registry.events.models import outbox
from registry.runs.errors import ReportInvalid
from registry.runs.handler import Handler, Named, invalid
from registry.runs.models import RunRow
from registry.runs.naming.names import taken
from registry.runs.naming.resolve import Products, named, names_of
from registry.runs.pushes.service import check_allowed, queue_push
from registry.runs.reproductions.locks import keep
from registry.runs.sources import Sources
from registry.runs.wanted.recipes import wanted_recipe
from registry.stored import keeping


class MergeHandler(Handler[MergeRunCreate, MergeSpec, MergeResult]):
    async def spec(
        self, session: AsyncSession, submitter: Principal, wanted: MergeRunCreate, sources: Sources
    ) -> tuple[MergeSpec, Products]:
        """Return the spec and its products. Raises RecipeInvalid, and what `resolve` raises."""
        if (wanted.recipe is None) == (wanted.recipe_version is None):
            raise invalid(
                "/recipe",
                "conflict",
                "Give exactly one of `recipe` (text) and `recipe_version` (id).",
            )
        if wanted.push is not None:
            classes = tuple({"cpu", wanted.hardware})
            await check_allowed(session, wanted.push.destination, classes, "/push/destination")
        checked, digest, products = await wanted_recipe(session, submitter, wanted, sources)
        spec = MergeSpec(
            kind="merge",
            recipe=checked.source,
            recipe_version=wanted.recipe_version,
            recipe_digest=digest,
            model_name=wanted.model_name,
            seed=wanted.seed,
        )
        return spec, products

    async def name(
        self,
        session: AsyncSession,
        submitter: Principal,
        private_to: str | None,
        spec: MergeSpec,
        sources: Sources,
    ) -> Named[MergeSpec]:
        """Give the model a name in its owner's namespace. Raises what `names.taken` raises."""
        product = await taken(session, submitter, private_to, spec.model_name)
        notes = []
        if product.name != spec.model_name:
            notes.append(f"The model's name is {product.name}.")
        if product.name.lower() in sources.names:
            notes.append(
                f"{product.name} is also the name of an ingredient; lineage omits that parent."
            )
        spec = spec.model_copy(update={"model_name": product.name})
        return Named(spec, product.owner, notes)

    def then_push(self, wanted: MergeRunCreate) -> PushTo | None:
        return wanted.push

    def stored(self, result: MergeResult) -> dict[str, Any]:
        """The result without lock, manifest and files, which have rows of their own."""
        return result.model_dump(mode="json", exclude={"lock", "manifest", "files"})

    async def announce(
        self, session: AsyncSession, run: RunRow, spec: MergeSpec, result: MergeResult
    ) -> None:
        assert run.finished_at is not None  # it has just succeeded
        await keep(session, run.id, result)
        await keeping.keep(session, run.id, run.owner, run.finished_at, result.files)
        data = ModelProduced(
            run=run.id,
            name=spec.model_name,
            digest=result.output_digest,
            method=result.method,
            recipe_version=spec.recipe_version,
            recipe_digest=spec.recipe_digest,
            parents=await _with_names(session, run, result.parents),
            parameters=weights_in(result.manifest) if result.manifest else None,
        )
        subject = f"models/{spec.model_name}"
        await outbox.emit(session, "model.produced", subject, data, run.private_to, run.traceparent)
        await queue_push(session, run)


HANDLER = MergeHandler()


async def _with_names(
    session: AsyncSession, run: RunRow, parents: list[Parent]
) -> list[ToldParent]:
    """The parents as lineage names them: products by their names, `run:<id>` included."""
    names = await names_of(session, run.products) if run.products else {}
    return [ToldParent.model_validate(_named(parent, names)) for parent in parents]


def _named(parent: Parent, names: dict[str, str]) -> Parent:
    base = _named(parent.base, names) if parent.base else None
    return parent.model_copy(update={"name": named(_ref(parent), names), "base": base})


def _ref(parent: Parent) -> ModelRef:
    try:
        return ModelRef.parse(parent.name)
    except ValueError as error:
        raise ReportInvalid(f"A parent's name is not a model reference: {error}.") from None
