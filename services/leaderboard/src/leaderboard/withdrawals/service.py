"""The rules of withdrawals: who may withdraw what, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.changes import LOG
from leaderboard.facts.models import FactRow, OriginRow, VariantRow, WithdrawalRow
from leaderboard.facts.storing import alone
from leaderboard.models import claims
from leaderboard.results.service import ResultNotFound
from leaderboard.withdrawals.schemas import (
    ResultWithdrawal,
    ResultWithdrawalCreate,
    ResultWithdrawn,
)
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.problem import Conflict, Forbidden, NotFound

AT_ONCE = 100_000

_HAND_OVER = text(
    """
    WITH handed AS (
      DELETE FROM restatements USING (
        SELECT fact_id, min(origin_id) AS origin_id FROM restatements
        WHERE fact_id = ANY(:facts) AND origin_id <> ALL(:origins) GROUP BY fact_id
      ) AS other
      WHERE restatements.fact_id = other.fact_id AND restatements.origin_id = other.origin_id
      RETURNING restatements.fact_id, restatements.origin_id
    )
    UPDATE facts SET origin_id = handed.origin_id FROM handed WHERE facts.id = handed.fact_id
    RETURNING facts.id
    """
)
_FORGET = text("DELETE FROM restatements WHERE origin_id = ANY(:origins)")
_WITHDRAW = text("UPDATE facts SET withdrawal_id = :withdrawal WHERE id = ANY(:facts)")
_RESTORE = text("UPDATE facts SET withdrawal_id = NULL WHERE withdrawal_id = :id RETURNING id")


class NothingToWithdraw(NotFound):
    """No result that counts came from this origin by this account."""

    code, title = "nothing-to-withdraw", "There is nothing to withdraw"
    remedy = "List what was imported with `GET /v1/results/origins`."


class WithdrawalNotFound(NotFound):
    """No withdrawal has this id."""

    code, title = "result-withdrawal-not-found", "Withdrawal not found"
    remedy = "List withdrawals with `GET /v1/results/withdrawals`."


class AlreadyRestored(Conflict):
    """The withdrawal was taken back before."""

    code, title = "already-restored", "The results are already restored"
    remedy = "Withdraw the results again if they are wrong after all."


async def withdraw(
    session: AsyncSession, body: ResultWithdrawalCreate, who: Principal, *, moderator: bool
) -> ResultWithdrawn:
    """Let results count no more. Raises NothingToWithdraw, ResultNotFound and Forbidden."""
    await alone(session)
    if body.result is not None:
        origins, facts = await _one(session, body.result)
    else:
        account = body.account or who.account or who.name
        origins, facts = await _all_of(session, body.origin or "", account)
    _check_may(who, origins[0], moderator=moderator)
    stay = set()
    if body.result is None:
        asked = {"facts": facts, "origins": [each.id for each in origins]}
        stay = set(await session.scalars(_HAND_OVER, asked))
        await session.execute(_FORGET, {"origins": asked["origins"]})
    row = WithdrawalRow(
        origin=origins[0].origin,
        account=origins[0].account,
        reason=body.reason,
        results=len(facts) - len(stay),
        moderated=moderator,
        withdrawn_by=who.account or who.name,
    )
    session.add(row)
    await session.flush()
    gone = [each for each in facts if each not in stay]
    await session.execute(_WITHDRAW, {"withdrawal": row.id, "facts": gone})
    await _log(session, gone)
    await session.refresh(row)
    told = ResultWithdrawal.model_validate(row)
    return ResultWithdrawn(**told.model_dump(), more=len(facts) == AT_ONCE)


async def restore(
    session: AsyncSession, withdrawal: int, who: Principal, *, moderator: bool
) -> None:
    """Let results count again. Raises WithdrawalNotFound, AlreadyRestored and Forbidden."""
    await alone(session)
    row = await session.get(WithdrawalRow, withdrawal)
    if row is None:
        raise WithdrawalNotFound(f"There is no withdrawal {withdrawal}.")
    if row.restored_at is not None:
        raise AlreadyRestored(f"{row.restored_by} has restored the results.")
    if not moderator and (row.moderated or row.withdrawn_by != (who.account or who.name)):
        raise Forbidden(f"Only a moderator can restore what {row.withdrawn_by} withdrew.")
    row.restored_at, row.restored_by = func.now(), who.account or who.name
    await session.flush()
    await _log(session, (await session.scalars(_RESTORE, {"id": withdrawal})).all())


async def _all_of(
    session: AsyncSession, origin: str, account: str
) -> tuple[Sequence[OriginRow], Sequence[int]]:
    of = select(OriginRow).where(OriginRow.origin == origin, OriginRow.account == account)
    origins = (await session.scalars(of)).all()
    counting = FactRow.origin_id.in_([each.id for each in origins])
    found = select(FactRow.id).where(counting, FactRow.withdrawal_id.is_(None))
    facts = (await session.scalars(found.order_by(FactRow.id).limit(AT_ONCE))).all()
    if not facts:
        raise NothingToWithdraw(f"No result that counts came from {origin!r} by {account}.")
    return origins, facts


async def _one(session: AsyncSession, result: int) -> tuple[Sequence[OriginRow], Sequence[int]]:
    of = select(OriginRow).join(FactRow, FactRow.origin_id == OriginRow.id)
    found = of.where(FactRow.id == result, FactRow.withdrawal_id.is_(None))
    origin = (await session.scalars(found)).one_or_none()
    if origin is None:
        raise ResultNotFound(f"There is no result {result} that counts.")
    return [origin], [result]


def _check_may(who: Principal, origin: OriginRow, *, moderator: bool) -> None:
    own = origin.account is not None and origin.account == (who.account or who.name)
    if not (own or moderator):
        whose = origin.account or "a worker of the hub"
        raise Forbidden(f"The results are from {whose}, so only a moderator can withdraw them.")


async def _log(session: AsyncSession, facts: Sequence[int]) -> None:
    of = select(VariantRow.model_id).join(FactRow, FactRow.variant_id == VariantRow.id)
    models = (await session.scalars(of.where(FactRow.id.in_(facts)).distinct())).all()
    await claims.settle(session, models)
    await LOG.log(session, results=facts, models=models)
