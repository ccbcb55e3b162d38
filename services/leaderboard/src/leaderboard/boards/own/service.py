"""The rules of boards that people make."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import ValidationError
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.benchmarks import repository as measured
from leaderboard.boards.definition import Chosen, Column, Rules
from leaderboard.boards.own import repository
from leaderboard.boards.own.models import OwnBoardRow
from leaderboard.boards.own.schemas import BoardCreate, BoardUpdate
from mergehub.benchmarks.catalogue import benchmarks, find
from mergehub.kit.near_names import near_names
from mergehub.kit.problems.faults import sentence
from mergehub.kit.problems.problem import Conflict, FieldFault, Invalid
from mergehub.recipe.faults import excerpt

MOST = 50
RULES = ("columns", "normalisation", "below_guess")


class BoardNameTaken(Conflict):
    """The account has a board of this name."""

    code, title = "board-name-taken", "The account has a board of this name"
    remedy = "Choose another name, or change the board that is there."


class TooManyBoards(Conflict):
    """An account may have so many boards and no more."""

    code, title = "too-many-boards", "The account has as many boards as it may"
    remedy = "Delete a board that nobody uses, or change one."


async def create(session: AsyncSession, owner: str, body: BoardCreate) -> OwnBoardRow:
    """Make a board. Raises BoardNameTaken, TooManyBoards and Invalid."""
    name = f"{owner}~{body.name}"
    if await repository.get(session, name, to_change=True) is not None:
        raise BoardNameTaken(f"There is a board {name!r}.")
    if await repository.owned(session, owner) >= MOST:
        raise TooManyBoards(f"{owner} has {MOST} boards.")
    await _check_benchmarks(session, body.columns)
    row = OwnBoardRow(
        name=name,
        owner=owner,
        title=body.title,
        summary=body.summary,
        domains=list(body.domains),
        rules=_rules(body.model_dump(mode="json", include=set(RULES))),
        version=1,
    )
    session.add(row)
    await session.flush()
    return row


async def change(
    session: AsyncSession, row: OwnBoardRow, body: BoardUpdate, check: Callable[[OwnBoardRow], None]
) -> OwnBoardRow:
    """Change what the body names. Raises Invalid, and what `check` of the present state does."""
    check(row)
    if body.columns is not None:
        await _check_benchmarks(session, body.columns)
    told = body.model_dump(mode="json", exclude_none=True)
    rules = {name: told.pop(name) for name in RULES if name in told}
    for name, value in told.items():
        setattr(row, name, value)
    row.rules = _rules(row.rules | rules)
    row.version += 1
    row.changed_at = func.now()
    await session.flush()
    await session.refresh(row)
    return row


async def _check_benchmarks(session: AsyncSession, columns: tuple[Column, ...] | Chosen) -> None:
    """Raise Invalid unless each column's benchmark is defined or has been measured."""
    asked = [] if isinstance(columns, Chosen) else [each.benchmark for each in columns]
    new = {each for each in asked if each not in benchmarks()}
    unknown = new - await measured.names_there(session, new)
    if not unknown:
        return
    known = sorted(benchmarks().keys() | await measured.names(session))
    faults = [
        FieldFault(
            pointer=f"/columns/{at}/benchmark",
            code="unknown_benchmark",
            detail=f"no benchmark {excerpt(name)} is defined, and no result names it",
            suggestion=_meant(name, known),
        )
        for at, name in enumerate(asked)
        if name in unknown
    ]
    pointers = ", ".join(each.pointer for each in faults)
    raise Invalid(f"Not valid: {pointers}.", errors=faults)


def _meant(name: str, known: Sequence[str]) -> str | None:
    """A question with the benchmarks that a name may stand for."""
    alias = find(name)
    near = [alias.benchmark.name] if alias else near_names(name, known)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else None


def _rules(told: dict[str, object]) -> dict[str, object]:
    """The rules as they are stored. Raises Invalid if they do not fit together."""
    try:
        return Rules.model_validate(told).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors()[0]
        fault = FieldFault(
            pointer="/columns", code=first["type"], detail=sentence(first), suggestion=None
        )
        raise Invalid("Not valid: /columns.", errors=[fault]) from error
