"""The results of one model as the front matter of its card, such that an import can read it."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.results.exporting import by_model, row_of
from leaderboard.results.repository import Wanted
from mergehub.kit.problems.problem import FieldFault, Invalid
from mergehub.recipe.yaml.limits import MAX_CHARACTERS
from mergehub.result_files.writing import written

MODEL_INDEX = "model-index"
MOST_RESULTS = 250
"""As many as fit into a document of YAML of as many values as an import reads."""


async def card(session: AsyncSession, wanted: Wanted) -> str:
    """The `model-index` of a model. Raises Invalid if it is of several, or would be too large."""
    if wanted.model is None:
        raise _invalid(
            "model",
            "one_model_for_a_card",
            "a model card is of one model: name it",
            "for the results of several models, choose another format, such as `jsonl`",
        )
    query = await by_model(session, wanted)
    found = (await session.execute(query.limit(MOST_RESULTS + 1))).all()
    text = await asyncio.to_thread(lambda: "".join(written(map(row_of, found), MODEL_INDEX)))
    if len(found) > MOST_RESULTS or len(text) > MAX_CHARACTERS:
        raise _invalid(
            "format",
            "card_too_large",
            f"a card holds at most {MOST_RESULTS} results and {MAX_CHARACTERS:,} characters, and "
            "the model has more",
            "filter by `benchmark` or `precision`, or choose another format, such as `jsonl`",
        )
    return text


def _invalid(parameter: str, code: str, detail: str, suggestion: str) -> Invalid:
    fault = FieldFault(
        pointer=f"/query/{parameter}", code=code, detail=detail, suggestion=suggestion
    )
    return Invalid(f"Not valid: /query/{parameter}.", errors=[fault])
