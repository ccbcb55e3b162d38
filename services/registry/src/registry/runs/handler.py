"""The registry's steps for one kind of run, in addition to those for every kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.destinations import PushTo
from mergehub.contracts.kinds.kind import Create, Result, Spec
from mergehub.contracts.runs import ClaimRequest
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.problem import FieldFault
from registry.runs.errors import RunInvalid
from registry.runs.models import RunRow
from registry.runs.naming.resolve import Products
from registry.runs.sources import Sources

C = TypeVar("C", bound=Create)
S = TypeVar("S", bound=Spec)
R = TypeVar("R", bound=Result)


@dataclass(frozen=True)
class Named(Generic[S]):
    """A spec with the final name of its model; `owner` owns the run, if the name decides that."""

    spec: S
    owner: str | None = None
    notes: Sequence[str] = ()


class Handler(ABC, Generic[C, S, R]):
    """The steps of one kind when a run is submitted and when its outcome is stored."""

    @abstractmethod
    async def spec(
        self, session: AsyncSession, submitter: Principal, wanted: C, sources: Sources
    ) -> tuple[S, Products]:
        """Return the fully resolved spec and the products that it names; fill in `sources`.

        `submitter` may see all of it. Raises RunInvalid, and what resolving raises.
        """

    async def name(
        self,
        session: AsyncSession,
        submitter: Principal,
        private_to: str | None,
        spec: S,
        sources: Sources,
    ) -> Named[S]:
        """Name the model that the run makes; a kind that makes no model changes nothing."""
        return Named(spec)

    def uses(self, spec: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the runs that a run of this spec uses beside its products, by their names."""
        return {}

    def then_push(self, wanted: C) -> PushTo | None:
        """Return where the model is to be pushed once it is made."""
        return None

    def unfit(self, spec: Mapping[str, Any], request: ClaimRequest) -> str | None:
        """Return a sentence if the worker cannot do a run of this spec, beside its `needs`."""
        return None

    async def granted(self, session: AsyncSession, spec: S) -> S:
        """Return the spec as a claim has it, with what would be too large for each answer."""
        return spec

    async def prepare(self, session: AsyncSession, run_id: UUID) -> None:
        """Lock what `announce` changes beside the run, before the run itself is locked."""

    def stored(self, result: R) -> dict[str, Any]:
        """Return what the run keeps of its result. Raises ReportInvalid."""
        return result.model_dump(mode="json")

    async def announce(self, session: AsyncSession, run: RunRow, spec: S, result: R) -> None:
        """Emit the events about the result, in the transaction that stores it."""


def invalid(pointer: str, code: str, detail: str, suggestion: str | None = None) -> RunInvalid:
    """Return the problem of one faulty field of a submitted run."""
    fault = FieldFault(pointer=pointer, code=code, detail=detail, suggestion=suggestion)
    return RunInvalid(detail, errors=[fault])
