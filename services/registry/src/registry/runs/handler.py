"""What the registry does for one kind of run beyond what it does for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.kinds.kind import Create, Result, Spec
from mergehub.kit.identity.auth import Principal
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
    """A spec whose model has its final name; `owner` is whose run it is, where the name decides."""

    spec: S
    owner: str | None = None
    notes: Sequence[str] = ()


class Handler(ABC, Generic[C, S, R]):
    """A kind's part in submitting a run and in storing its outcome."""

    @abstractmethod
    async def spec(
        self, session: AsyncSession, submitter: Principal, wanted: C, sources: Sources
    ) -> tuple[S, Products]:
        """The spec, fully resolved, and the products that it names; `sources` learns the rest.

        Nothing of it is hidden from `submitter`. Raises RunInvalid, and what resolving raises.
        """

    async def name(
        self,
        session: AsyncSession,
        submitter: Principal,
        private_to: str | None,
        spec: S,
        sources: Sources,
    ) -> Named[S]:
        """Give the model that the run makes its name. A kind that makes none changes nothing."""
        return Named(spec)

    def stored(self, result: R) -> dict[str, Any]:
        """What the run keeps of its result. Raises ReportInvalid."""
        return result.model_dump(mode="json")

    async def announce(self, session: AsyncSession, run: RunRow, spec: S, result: R) -> None:
        """Emit what others learn from the result, in the transaction that stores it."""


def invalid(pointer: str, code: str, detail: str, suggestion: str | None = None) -> RunInvalid:
    """One field of a wanted run at fault."""
    fault = FieldFault(pointer=pointer, code=code, detail=detail, suggestion=suggestion)
    return RunInvalid(detail, errors=[fault])
