"""What counts of the claims that imports make of models: one row for each model."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.models.families import family_of
from mergehub.contracts.licences.identifiers import identifier_of

_FIRST = "ORDER BY source, evaluated_at DESC NULLS LAST, id DESC"
_COUNTING = text(
    f"""
    SELECT model_id,
      (array_agg(architecture {_FIRST}) FILTER (WHERE architecture <> ''))[1] AS architecture,
      (array_agg(parameters {_FIRST}) FILTER (WHERE parameters > 0))[1] AS parameters,
      (array_agg(licence {_FIRST}) FILTER (WHERE licence <> ''))[1] AS licence
    FROM (
      SELECT variants.model_id, facts.source, facts.evaluated_at, facts.id, told.*
      FROM variants JOIN facts ON facts.variant_id = variants.id,
        jsonb_to_record(facts.claims) AS told(architecture text, parameters bigint, licence text)
      WHERE variants.model_id = ANY(:models)
        AND facts.withdrawal_id IS NULL AND facts.claims IS NOT NULL
    ) AS claimed
    GROUP BY model_id
    """  # noqa: S608 - a constant
)
_FORGET = text("DELETE FROM model_claims WHERE model_id = ANY(:models)")
_KEEP = text(
    """
    INSERT INTO model_claims (model_id, family, parameters, licence)
    SELECT model_id, family, parameters, licence FROM jsonb_to_recordset(CAST(:rows AS jsonb))
      AS told(model_id bigint, family text, parameters bigint, licence text)
    """
)


async def settle(session: AsyncSession, models: Collection[int]) -> None:
    """Find anew what counts of the claims about these models, whose facts have changed.

    Of each property the claim of the most trusted source counts, and of its claims the newest, by
    the same order as that of scores. Claims of withdrawn facts do not count. The caller holds the
    lock of `facts.storing.alone`, and logs that the models have changed.
    """
    if not models:
        return
    asked = {"models": sorted(models)}
    found = (await session.execute(_COUNTING, asked)).all()
    await session.execute(_FORGET, asked)
    rows = [_row(each) for each in found]
    if rows:
        await session.execute(_KEEP, {"rows": json.dumps(rows)})


def _row(told: Any) -> dict[str, Any]:
    return {
        "model_id": told.model_id,
        "family": family_of(told.architecture),
        "parameters": told.parameters,
        "licence": None if told.licence is None else identifier_of(told.licence),
    }
